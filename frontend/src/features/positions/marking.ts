// Unrealised figures at the price last heard. The server's are the truth; these move between its messages and say so.
import type { Position } from '@/lib/api/types'
import { compare, divide, multiply, negate, subtract } from '@/lib/format/decimal'
import { isOpening } from './opening'

export interface Marked {
  readonly mark: string | null
  /** Quote currency, before closing costs; null where price or entry is unknown. */
  readonly pnl: string | null
  /** Of the entry's notional, 0-100. */
  readonly percent: string | null
  /** Multiples of the initial risk. */
  readonly r: string | null
  /** Computed here from the live price rather than by the server. */
  readonly byClient: boolean
}

export function marked(position: Position, livePrice: string | undefined): Marked {
  const served: Marked = {
    mark: position.mark_price,
    pnl: position.unrealized_pnl,
    percent: position.unrealized_percent,
    r: position.r_multiple,
    byClient: false,
  }
  const { entry_price: entry, quantity, risk_amount: risk } = position
  if (livePrice === undefined || entry === null) return served
  const move = subtract(livePrice, entry)
  const gain = move === null ? null : multiply(position.side === 'long' ? move : negate(move), quantity)
  const notional = multiply(entry, quantity)
  if (gain === null || notional === null) return served
  const fraction = divide(gain, notional, 10)
  return {
    mark: livePrice,
    pnl: gain,
    percent: fraction === null ? null : multiply(fraction, '100'),
    r: divide(gain, risk, 6),
    byClient: true,
  }
}

export const POSITION_ORDERS = ['health', 'opened', 'pnl', 'risk', 'symbol'] as const
export type PositionOrder = (typeof POSITION_ORDERS)[number]

/** Worst first: no live stop, then the lowest score, then those whose score is not known. */
function healthRank(position: Position): number {
  if (!position.protected && !isOpening(position)) return -1
  return position.health?.score ?? 101
}

/** The positions in the order asked for: worst health first, worst result first, largest open risk first, newest first, or by name. */
export function ordered(positions: ReadonlyArray<Position>, by: PositionOrder): Position[] {
  const size = (a: string | null, b: string | null) => compare(a ?? '0', b ?? '0') ?? 0
  return [...positions].sort((a, b) => {
    if (by === 'health') return healthRank(a) - healthRank(b) || a.symbol.localeCompare(b.symbol)
    if (by === 'pnl') return size(a.unrealized_pnl, b.unrealized_pnl)
    if (by === 'risk') return size(b.open_risk, a.open_risk)
    if (by === 'symbol') return a.symbol.localeCompare(b.symbol)
    return (b.opened_at ?? '').localeCompare(a.opened_at ?? '')
  })
}
