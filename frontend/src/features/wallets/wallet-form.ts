// The wallet forms' checks and bodies, apart from their looks.
import type { AutoTradeEnable, Wallet, WalletCreate } from '@/lib/api/types'
import { compare, isDecimal, placesOf } from '@/lib/format/decimal'
import { plain } from '@/lib/format/numbers'
import { mistypedWords, typedDecimal } from '@/lib/format/typed'

/** What the server's columns hold. */
const MOST = '9999999999'

export type Choice = 'inherit' | 'on' | 'off'

/** The text of a number as the API wants it; null where it is empty. */
export function decimalText(typed: string): string | null {
  const value = typedDecimal(typed)
  return value === '' ? null : value
}

export function amountFault(typed: string): string | null {
  const value = decimalText(typed)
  if (value === null) return 'Enter an amount.'
  if (!isDecimal(value)) return mistypedWords(typed, 'Enter an amount, like 10000.')
  if (compare(value, '0') !== 1) return 'Enter an amount above zero.'
  if (placesOf(value) > 8) return 'At most 8 digits after the point.'
  return compare(value, MOST) === 1 ? `At most ${plain(MOST)}.` : null
}

export interface CreateValues {
  readonly name: string
  readonly venue: string
  readonly environment: 'paper' | 'live'
  readonly needsKeys: boolean
  readonly deposit: string
  readonly apiKey: string
  readonly apiSecret: string
}

/** What is missing, by field of the API. */
export function createFaults(values: CreateValues): ReadonlyMap<string, string> {
  const faults = new Map<string, string>()
  if (values.name.trim() === '') faults.set('name', 'Give the wallet a name.')
  if (values.needsKeys) {
    if (values.apiKey.trim() === '') faults.set('api_key', 'Paste the API key.')
    if (values.apiSecret.trim() === '') faults.set('api_secret', 'Paste the API secret.')
  } else {
    const fault = amountFault(values.deposit)
    if (fault !== null) faults.set('initial_deposit', fault)
  }
  return faults
}

export function createBody(values: CreateValues): WalletCreate {
  const { venue, environment } = values
  const common = { name: values.name.trim(), venue, environment }
  return values.needsKeys
    ? { ...common, api_key: values.apiKey.trim(), api_secret: values.apiSecret.trim() }
    : { ...common, initial_deposit: decimalText(values.deposit) ?? '0' }
}

export const OVERRIDES = [
  { name: 'risk_per_trade_percent', label: 'Risk per trade', unit: '%', whole: false },
  { name: 'max_position_size_usd', label: 'Largest position', unit: 'USD', whole: false },
  { name: 'max_position_size_percent', label: 'Largest position, percent', unit: '%', whole: false },
  { name: 'max_open_positions', label: 'Open positions', unit: '', whole: true },
  { name: 'max_leverage', label: 'Leverage', unit: '×', whole: true },
  { name: 'dca_max_steps', label: 'Steps of a ladder', unit: '', whole: true },
  { name: 'max_daily_loss_usd', label: 'Daily loss', unit: 'USD', whole: false },
  { name: 'max_daily_loss_percent', label: 'Daily loss, percent', unit: '%', whole: false },
] as const
export type OverrideName = (typeof OVERRIDES)[number]['name']

/** The API's words for how a size is proposed; empty hands it back to the account's settings. */
export type Method = NonNullable<Wallet['overrides']['position_sizing_method']> | ''

export interface AutoTradeValues {
  readonly method: Method
  readonly confidence: string
  readonly trailing: Choice
  readonly scaleOut: Choice
  readonly averagesDown: Choice
  readonly strategies: ReadonlyArray<string>
  readonly symbols: ReadonlyArray<string>
  readonly timeframes: ReadonlyArray<string>
  readonly limits: Readonly<Record<OverrideName, string>>
}

function choice(value: boolean | null | undefined): Choice {
  return value === null || value === undefined ? 'inherit' : value ? 'on' : 'off'
}

function text(value: string | number | null | undefined): string {
  return value === null || value === undefined
    ? ''
    : String(value)
        .replace(/(\.\d*?)0+$/, '$1')
        .replace(/\.$/, '')
}

/** The wallet's own choices; what it has not chosen is everything there is. */
export function autoTradeValues(
  wallet: Wallet,
  all: Pick<AutoTradeValues, 'strategies' | 'symbols' | 'timeframes'>,
): AutoTradeValues {
  const own = wallet.subscriptions
  const chosen = (mine: ReadonlyArray<string>, every: ReadonlyArray<string>) => (mine.length > 0 ? mine : every)
  return {
    method: wallet.overrides.position_sizing_method ?? '',
    confidence: text(wallet.overrides.min_signal_confidence),
    trailing: choice(wallet.overrides.enable_trailing_stop),
    scaleOut: choice(wallet.overrides.enable_scale_out),
    averagesDown: choice(wallet.overrides.enable_dca),
    strategies: chosen(own.strategies, all.strategies),
    symbols: chosen(own.symbols, all.symbols),
    timeframes: chosen(own.timeframes, all.timeframes),
    limits: Object.fromEntries(OVERRIDES.map(({ name }) => [name, text(wallet.overrides[name])])) as Record<
      OverrideName,
      string
    >,
  }
}

export function autoTradeFaults(values: AutoTradeValues): ReadonlyMap<string, string> {
  const faults = new Map<string, string>()
  const confidence = decimalText(values.confidence)
  if (
    confidence !== null &&
    (!isDecimal(confidence) || compare(confidence, '0') === -1 || compare(confidence, '1') === 1)
  ) {
    faults.set('min_signal_confidence', mistypedWords(values.confidence, 'Between 0 and 1.'))
  } else if (confidence !== null && placesOf(confidence) > 2) {
    faults.set('min_signal_confidence', 'At most 2 digits after the point.')
  }
  for (const field of ['strategies', 'symbols', 'timeframes'] as const) {
    if (values[field].length === 0) faults.set(field, 'Choose at least one.')
  }
  for (const { name, whole } of OVERRIDES) {
    const value = decimalText(values.limits[name])
    if (value === null) continue
    if (!isDecimal(value) || compare(value, '0') === -1)
      faults.set(name, mistypedWords(values.limits[name], 'Enter a number of at least 0.'))
    else if (placesOf(value) > 2) faults.set(name, 'At most 2 digits after the point.')
    else if (whole && value.includes('.')) faults.set(name, 'Enter a whole number.')
  }
  return faults
}

function switchOf(value: Choice): boolean | null {
  return value === 'inherit' ? null : value === 'on'
}

/** The body of the call; null hands a setting back to the account's. */
export function autoTradeBody(values: AutoTradeValues): AutoTradeEnable {
  const limits = Object.fromEntries(
    OVERRIDES.map(({ name, whole }) => {
      const value = decimalText(values.limits[name])
      return [name, value === null ? null : whole ? Number(value) : value]
    }),
  )
  return {
    position_sizing_method: values.method === '' ? null : values.method,
    min_signal_confidence: decimalText(values.confidence),
    enable_trailing_stop: switchOf(values.trailing),
    enable_scale_out: switchOf(values.scaleOut),
    enable_dca: switchOf(values.averagesDown),
    strategies: values.strategies,
    symbols: values.symbols,
    timeframes: values.timeframes,
    ...limits,
  }
}
