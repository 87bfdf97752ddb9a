// What is asked about, as it stands in the address.
import type { Asked } from '@/lib/api/analytics'
import type { ExecutionAsked } from '@/lib/api/queries'
import type { Environment } from '@/lib/api/types'

export const RANGES = [
  ['all', 'Everything', null],
  ['1d', '1 day', 1],
  ['1w', '1 week', 7],
  ['1m', '1 month', 30],
  ['3m', '3 months', 91],
  ['1y', '1 year', 365],
] as const
export type RangeName = (typeof RANGES)[number][0]

export const CUTS = [
  ['symbol', 'Symbol'],
  ['side', 'Side'],
  ['strategy', 'Strategy'],
  ['timeframe', 'Timeframe'],
  ['hour', 'Hour of entry'],
  ['tag', 'Tags'],
  ['exit_rule', 'Exit rule'],
  ['model', 'Model'],
  ['wallet', 'Wallet'],
] as const
export type CutName = (typeof CUTS)[number][0]

export const BESIDE = [
  ['strategy', 'Strategies'],
  ['symbol', 'Symbols'],
  ['side', 'Sides'],
  ['timeframe', 'Timeframes'],
  ['wallet', 'Wallets'],
  ['tag', 'Tags'],
  ['exit_rule', 'Exit rules'],
  ['model', 'Models'],
  ['period', 'This range and the one before'],
] as const
export type BesideName = (typeof BESIDE)[number][0]

export interface AnalyticsSearch {
  readonly environment?: Environment | undefined
  readonly wallet?: string | undefined
  readonly strategy?: string | undefined
  readonly tag?: string | undefined
  readonly range?: RangeName | undefined
  readonly by?: CutName | undefined
  readonly beside?: BesideName | undefined
}

function oneOf<Name extends string>(names: ReadonlyArray<readonly [Name, ...unknown[]]>, value: unknown) {
  return names.find(([name]) => name === value)?.[0]
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

export function readSearch(search: Record<string, unknown>): AnalyticsSearch {
  return {
    environment: search.environment === 'live' ? 'live' : undefined,
    wallet: text(search.wallet),
    strategy: text(search.strategy),
    tag: text(search.tag),
    range: oneOf(RANGES, search.range),
    by: oneOf(CUTS, search.by),
    beside: oneOf(BESIDE, search.beside),
  }
}

/** The range ends at `now` of the market, rounded up to the minute, so that the same question is asked for a minute. */
export function askedOf(search: AnalyticsSearch, now: number): Asked {
  const days = RANGES.find(([name]) => name === search.range)?.[2] ?? null
  const end = Math.ceil(now / 60_000) * 60_000
  return {
    environment: search.environment ?? 'paper',
    ...(search.wallet ? { wallet_id: search.wallet } : {}),
    ...(search.strategy ? { strategy: search.strategy } : {}),
    ...(search.tag ? { tag: search.tag } : {}),
    ...(days === null
      ? {}
      : { from: new Date(end - days * 86_400_000).toISOString(), to: new Date(end).toISOString() }),
  }
}

/** The longest time that the execution log is summed up over. */
const LONGEST_DAYS = 730

/** The same choice for the execution log, whose times are the wall's; `now` is too, rounded down to the hour. */
export function executionAsked(search: AnalyticsSearch, now: number): ExecutionAsked {
  const days = RANGES.find(([name]) => name === search.range)?.[2] ?? LONGEST_DAYS
  const end = Math.floor(now / 3_600_000) * 3_600_000
  return {
    environment: search.environment ?? 'paper',
    wallet_id: search.wallet,
    strategy: search.strategy,
    from: new Date(end - days * 86_400_000).toISOString(),
  }
}
