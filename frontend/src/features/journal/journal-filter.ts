// The journal's filters, as they stand in the address.
const TABS = ['trades', 'hand', 'quality'] as const
type Tab = (typeof TABS)[number]

export interface JournalSearch {
  readonly tab?: Tab | undefined
  readonly wallet?: string | undefined
  readonly symbol?: string | undefined
  readonly status?: string | undefined
  readonly strategy?: string | undefined
  readonly side?: 'long' | 'short' | undefined
  readonly tag?: string | undefined
  /** Days in the shown zone, the last one included: 2025-10-01. */
  readonly from?: string | undefined
  readonly to?: string | undefined
  /** The execution whose drawer is open. */
  readonly row?: string | undefined
  /** The trade whose drawer is open, or the one of the execution. */
  readonly trade?: string | undefined
}

const TEXT_FIELDS = ['wallet', 'symbol', 'status', 'strategy', 'tag', 'from', 'to', 'row', 'trade'] as const
/** What a saved view keeps: the tab and the filters, not the drawer that is open. */
export const VIEW_FIELDS = ['tab', 'wallet', 'symbol', 'status', 'strategy', 'side', 'tag', 'from', 'to'] as const

export function readSearch(search: Record<string, unknown>): JournalSearch {
  const text = Object.fromEntries(
    TEXT_FIELDS.map((field) => {
      const value = search[field]
      return [field, typeof value === 'string' && value !== '' ? value : undefined]
    }),
  )
  const side = search.side === 'long' || search.side === 'short' ? search.side : undefined
  return { ...text, side, tab: TABS.find((tab) => tab === search.tab) }
}

export const EXECUTION_STATUSES = ['filled', 'partial', 'open', 'canceled', 'rejected', 'not_accepted'] as const

const DAY = /^\d{4}-\d{2}-\d{2}$/

/** Midnight at which a day begins in a zone, as the API takes it; undefined for what is no day. */
export function dayBegins(day: string | undefined, zone: string, daysLater = 0): string | undefined {
  if (day === undefined || !DAY.test(day)) return undefined
  const utc = new Date(`${day}T00:00:00Z`)
  if (Number.isNaN(utc.getTime())) return undefined
  utc.setUTCDate(utc.getUTCDate() + daysLater)
  const parts = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' }).formatToParts(utc)
  const name = parts.find((part) => part.type === 'timeZoneName')?.value ?? 'GMT'
  const [, sign = '+', hours = '0', minutes = '0'] = /GMT(?:([+-])(\d{2}):(\d{2}))?/.exec(name) ?? []
  const offset = (Number(hours) * 60 + Number(minutes)) * (sign === '-' ? -1 : 1)
  return new Date(utc.getTime() - offset * 60_000).toISOString()
}

/** The filters of a tab as the API and the exports name them. */
export function apiFilter(search: JournalSearch, zone: string): Record<string, string> {
  const trades = search.tab === 'trades'
  const held: Record<string, string | undefined> = {
    wallet_id: search.wallet,
    symbol: search.symbol,
    status: trades ? 'closed' : search.status,
    strategy: trades ? search.strategy : undefined,
    side: trades ? search.side : undefined,
    tag: trades ? search.tag : undefined,
    from: dayBegins(search.from, zone),
    to: dayBegins(search.to, zone, 1),
  }
  return Object.fromEntries(Object.entries(held).filter((one): one is [string, string] => Boolean(one[1])))
}
