// The execution settings' checks and the body of their change, apart from their looks.
import type { ExecutionSettings, ExecutionSettingsChanges } from '@/lib/api/types'
import { compare, isDecimal } from '@/lib/format/decimal'
import { plain } from '@/lib/format/numbers'
import { mistypedWords } from '@/lib/format/typed'
import { decimalText } from './wallet-form'

export type Unit = ExecutionSettings['max_slippage_unit']
export const UNITS: ReadonlyArray<readonly [Unit, string]> = [
  ['bps', 'basis points'],
  ['percent', 'percent'],
  ['points', 'points (ticks)'],
]
const LARGEST: Record<Unit, string> = { bps: '1000', percent: '10', points: '100000' }

export interface ExecutionValues {
  readonly max_slippage: string
  readonly max_slippage_unit: Unit
  readonly max_deviation: string
  readonly max_deviation_unit: Unit
  readonly retry_attempts: string
  readonly retry_delay_seconds: string
  readonly execution_timeout_seconds: string
  readonly use_market_orders: boolean
  readonly confirm_trades: boolean
  readonly confirm_seconds: string
}

export const NUMBERS = [
  { name: 'retry_attempts', least: '0', most: '10', whole: true },
  { name: 'retry_delay_seconds', least: '0.1', most: '60', whole: false },
  { name: 'execution_timeout_seconds', least: '1', most: '600', whole: false },
  { name: 'confirm_seconds', least: '10', most: '3600', whole: true },
] as const

export function executionValues(settings: ExecutionSettings): ExecutionValues {
  return {
    max_slippage: settings.max_slippage,
    max_slippage_unit: settings.max_slippage_unit,
    max_deviation: settings.max_deviation,
    max_deviation_unit: settings.max_deviation_unit,
    retry_attempts: String(settings.retry_attempts),
    retry_delay_seconds: settings.retry_delay_seconds,
    execution_timeout_seconds: settings.execution_timeout_seconds,
    use_market_orders: settings.use_market_orders,
    confirm_trades: settings.confirm_trades,
    confirm_seconds: String(settings.confirm_seconds),
  }
}

/** What the server would refuse, by field. */
export function executionFaults(values: ExecutionValues): ReadonlyMap<string, string> {
  const faults = new Map<string, string>()
  for (const name of ['max_slippage', 'max_deviation'] as const) {
    const most = LARGEST[values[`${name}_unit`]]
    const value = decimalText(values[name])
    if (value === null || !isDecimal(value) || compare(value, '0') !== 1 || compare(value, most) === 1)
      faults.set(name, mistypedWords(values[name], `Above 0, at most ${plain(most)}.`))
  }
  for (const { name, least, most, whole } of NUMBERS) {
    const value = decimalText(values[name])
    if (value === null || !isDecimal(value) || compare(value, least) === -1 || compare(value, most) === 1)
      faults.set(name, mistypedWords(values[name], `From ${least} to ${plain(most)}.`))
    else if (whole && value.includes('.')) faults.set(name, 'Enter a whole number.')
  }
  return faults
}

/** Only what differs; numbers as the API wants them. */
export function executionChanges(before: ExecutionValues, now: ExecutionValues): ExecutionSettingsChanges {
  const whole = new Set<string>(NUMBERS.filter((one) => one.whole).map((one) => one.name))
  const changed = Object.entries(now).filter(([name, value]) => value !== before[name as keyof ExecutionValues])
  return Object.fromEntries(
    changed.map(([name, value]) => {
      if (typeof value === 'boolean' || name.endsWith('_unit')) return [name, value]
      const text = decimalText(value) ?? value
      return [name, whole.has(name) ? Number(text) : text]
    }),
  )
}
