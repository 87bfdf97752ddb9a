import { describe, expect, it } from 'vitest'
import { ago, dateTime, duration, hourMinute, momentBesideUtc } from './time'

describe('moments as text', () => {
  it('stand in the reader’s zone', () => {
    expect(dateTime('2025-10-10T21:14:03Z', 'UTC')).toBe('2025-10-10 21:14:03')
    expect(dateTime('2025-10-10T22:30:00Z', 'Europe/Berlin')).toBe('2025-10-11 00:30:00')
    expect(hourMinute('2025-10-10T00:05:00Z', 'UTC')).toBe('00:05')
  })

  it('fall back to UTC where the zone is unknown', () => {
    expect(dateTime('2025-10-10T21:14:03Z', 'Moon/Tycho')).toBe('2025-10-10 21:14:03')
  })

  it('say how long in the two largest units', () => {
    expect(duration(45_000)).toBe('45 s')
    expect(duration(11_400_000)).toBe('3 h 10 min')
    expect(duration(187_200_000)).toBe('2 d 4 h')
  })

  it('say never for no moment', () => {
    expect(ago(null, 0)).toBe('never')
    expect(dateTime(null, 'UTC')).toBe('–')
  })
})

describe('a moment beside UTC', () => {
  it('says the zone once, and UTC only where it is another time', () => {
    expect(momentBesideUtc('2025-10-11T00:00:00Z', 'UTC')).toBe('2025-10-11 00:00 UTC')
    expect(momentBesideUtc('2025-10-11T22:00:00Z', 'Europe/Berlin')).toBe('2025-10-12 00:00 Europe/Berlin (22:00 UTC)')
    expect(momentBesideUtc('2025-12-11T00:00:00Z', 'Europe/London')).toBe('2025-12-11 00:00 Europe/London')
  })
})
