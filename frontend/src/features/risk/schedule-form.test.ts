import { describe, expect, it } from 'vitest'
import { type ScheduleValues, scheduleChanges, scheduleFaults } from './schedule-form'

const OFFICE = { key: 0, days: [0, 1, 2, 3, 4], opens: '09:00', closes: '17:00' }
const VALUES: ScheduleValues = {
  enabled: true,
  time_zone: 'Europe/Berlin',
  calendar: '',
  hours: [OFFICE],
  trade_weekends: true,
  closed_dates: '2026-12-24',
  leave_before_close: false,
  leave_before_weekend: false,
  leave_minutes: '15',
  leave_before_funding_percent: '',
  skip_funding_minutes: '',
}

describe('trading schedule', () => {
  it('sends only what was changed, as the API wants it', () => {
    expect(scheduleChanges(VALUES, VALUES)).toEqual({})
    const now = {
      ...VALUES,
      calendar: 'XNYS',
      closed_dates: '2026-12-24 2026-12-31',
      hours: [{ ...OFFICE, days: [4, 0] }],
    }
    expect(scheduleChanges(VALUES, now)).toEqual({
      calendar: 'XNYS',
      closed_dates: ['2026-12-24', '2026-12-31'],
      hours: [{ days: [0, 4], opens: '09:00', closes: '17:00' }],
    })
    expect(scheduleChanges(now, { ...now, calendar: '' })).toEqual({ calendar: null })
  })
  it('takes the bounds and refuses what is outside', () => {
    expect(scheduleFaults({ ...VALUES, leave_minutes: '240' }).size).toBe(0)
    expect([...scheduleFaults({ ...VALUES, leave_minutes: '241' }).keys()]).toEqual(['leave_minutes'])
    expect([...scheduleFaults({ ...VALUES, leave_minutes: '' }).keys()]).toEqual(['leave_minutes'])
  })
  it('leaves before funding at a part of the notional, or never', () => {
    const dear = { ...VALUES, leave_before_funding_percent: '0,05' }
    expect(scheduleFaults(dear).size).toBe(0)
    expect(scheduleChanges(VALUES, dear)).toEqual({ leave_before_funding_percent: '0.05' })
    expect(scheduleChanges(dear, VALUES)).toEqual({ leave_before_funding_percent: null })
    const beyond = { ...VALUES, leave_before_funding_percent: '100.1' }
    expect([...scheduleFaults(beyond).keys()]).toEqual(['leave_before_funding_percent'])
  })
  it('skips fundings by whole minutes, or never', () => {
    const skips = { ...VALUES, skip_funding_minutes: '30' }
    expect(scheduleChanges(VALUES, skips)).toEqual({ skip_funding_minutes: 30 })
    expect(scheduleChanges(skips, VALUES)).toEqual({ skip_funding_minutes: null })
    for (const [typed, count] of [
      ['1', 0],
      ['240', 0],
      ['0', 1],
      ['241', 1],
      ['1.5', 1],
    ] as const) {
      expect(scheduleFaults({ ...VALUES, skip_funding_minutes: typed }).size).toBe(count)
    }
  })
  it('names the hours, the day and the date that cannot be', () => {
    const faults = scheduleFaults({
      ...VALUES,
      hours: [
        { ...OFFICE, opens: '24:00' },
        { ...OFFICE, key: 7, days: [] },
      ],
      closed_dates: '2026-02-30',
    })
    expect(faults.get('hours.0')).toBe('Clock times, like 09:30.')
    expect(faults.get('hours.7')).toBe('Choose at least one day.')
    expect(faults.get('closed_dates')).toBe('2026-02-30 is no date like 2026-12-24.')
  })
})
