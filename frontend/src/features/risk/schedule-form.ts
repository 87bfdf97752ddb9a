// The trading schedule's checks and the body of its change, apart from their looks.
import type { TradingSchedule, TradingScheduleChanges } from '@/lib/api/types'
import { typedDecimal } from '@/lib/format/typed'

export const DAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'] as const
export const MOST_LEAVING_MINUTES = 240
export const MOST_FUNDING_MINUTES = 240
const CLOCK = /^([01]\d|2[0-3]):[0-5]\d$/
const DATE = /^\d{4}-\d{2}-\d{2}$/

export interface HoursValues {
  readonly key: number
  readonly days: ReadonlyArray<number>
  readonly opens: string
  readonly closes: string
}

export interface ScheduleValues {
  readonly enabled: boolean
  readonly time_zone: string
  readonly calendar: string
  readonly hours: ReadonlyArray<HoursValues>
  readonly trade_weekends: boolean
  readonly closed_dates: string
  readonly leave_before_close: boolean
  readonly leave_before_weekend: boolean
  readonly leave_minutes: string
  readonly leave_before_funding_percent: string
  readonly skip_funding_minutes: string
}

export function scheduleValues(saved: TradingSchedule): ScheduleValues {
  return {
    enabled: saved.enabled,
    time_zone: saved.time_zone,
    calendar: saved.calendar ?? '',
    hours: saved.hours.map((one, key) => ({ key, days: one.days, opens: one.opens, closes: one.closes })),
    trade_weekends: saved.trade_weekends,
    closed_dates: saved.closed_dates.join(', '),
    leave_before_close: saved.leave_before_close,
    leave_before_weekend: saved.leave_before_weekend,
    leave_minutes: String(saved.leave_minutes),
    leave_before_funding_percent: saved.leave_before_funding_percent ?? '',
    skip_funding_minutes: saved.skip_funding_minutes === null ? '' : String(saved.skip_funding_minutes),
  }
}

export function dates(typed: string): ReadonlyArray<string> {
  return typed.split(/[\s,;]+/).filter(Boolean)
}

function isDate(text: string): boolean {
  return DATE.test(text) && new Date(`${text}T00:00:00Z`).toISOString().startsWith(text)
}

/** What the server would refuse, by field; hours by `hours.N`. */
export function scheduleFaults(values: ScheduleValues): ReadonlyMap<string, string> {
  const faults = new Map<string, string>()
  for (const one of values.hours) {
    if (!CLOCK.test(one.opens) || !CLOCK.test(one.closes)) faults.set(`hours.${one.key}`, 'Clock times, like 09:30.')
    else if (one.days.length === 0) faults.set(`hours.${one.key}`, 'Choose at least one day.')
  }
  const wrong = dates(values.closed_dates).find((one) => !isDate(one))
  if (wrong !== undefined) faults.set('closed_dates', `${wrong} is no date like 2026-12-24.`)
  const minutes = Number(values.leave_minutes)
  if (!/^\d+$/.test(values.leave_minutes.trim()) || minutes > MOST_LEAVING_MINUTES) {
    faults.set('leave_minutes', `A whole number from 0 to ${MOST_LEAVING_MINUTES}.`)
  }
  const funding = percent(values.leave_before_funding_percent)
  if (funding !== null && (!/^\d+(\.\d{1,4})?$/.test(funding) || Number(funding) > 100)) {
    faults.set('leave_before_funding_percent', 'From 0 to 100, at most four digits after the point; empty for never.')
  }
  const skipped = values.skip_funding_minutes.trim()
  if (skipped !== '' && (!/^\d+$/.test(skipped) || Number(skipped) < 1 || Number(skipped) > MOST_FUNDING_MINUTES)) {
    faults.set('skip_funding_minutes', `A whole number from 1 to ${MOST_FUNDING_MINUTES}; empty for never.`)
  }
  return faults
}

/** What was typed as the API takes it; null where nothing was. */
function percent(typed: string): string | null {
  const text = typedDecimal(typed)
  return text === '' ? null : text
}

function body(values: ScheduleValues): Required<TradingScheduleChanges> {
  return {
    enabled: values.enabled,
    time_zone: values.time_zone,
    calendar: values.calendar === '' ? null : values.calendar,
    hours: values.hours.map((one) => ({
      days: [...one.days].sort((a, b) => a - b),
      opens: one.opens,
      closes: one.closes,
    })),
    trade_weekends: values.trade_weekends,
    closed_dates: [...dates(values.closed_dates)],
    leave_before_close: values.leave_before_close,
    leave_before_weekend: values.leave_before_weekend,
    leave_minutes: Number(values.leave_minutes),
    leave_before_funding_percent: percent(values.leave_before_funding_percent),
    skip_funding_minutes: values.skip_funding_minutes.trim() === '' ? null : Number(values.skip_funding_minutes),
  }
}

/** Only what differs, as the API wants it. */
export function scheduleChanges(before: ScheduleValues, now: ScheduleValues): TradingScheduleChanges {
  const held = body(before)
  const changed = Object.entries(body(now)).filter(
    ([name, value]) => JSON.stringify(value) !== JSON.stringify(held[name as keyof typeof held]),
  )
  return Object.fromEntries(changed)
}
