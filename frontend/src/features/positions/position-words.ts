// What a card says in words.
import type { Position } from '@/lib/api/types'
import { money, price, signedMoney } from '@/lib/format/numbers'
import { shortSymbol } from '@/lib/format/words'
import { isOpening } from './opening'

export function stopHasMoved(position: Position): boolean {
  return position.stop_price !== null && position.stop_price !== position.initial_stop_price
}

export function trailingWords(position: Position, tick?: string): string {
  const { enabled, armed, activation_price: at, trail_percent: trail } = position.trailing
  if (!enabled) return 'Off'
  if (armed) return `Armed${trail === null ? '' : `, trails by ${Number(trail)}%`}`
  return at === null ? 'Not armed yet' : `Arms at ${price(at, tick)}`
}

/** What parts that were sold have booked, fees and funding taken off; null while none was. */
export function bookedWords(position: Position): string | null {
  return position.scale_out_step === 0 ? null : `${signedMoney(position.net_pnl)} booked`
}

/** What a ladder keeps in hand; null once it is over, or without one. */
export function ladderWords(position: Position, tick?: string): string | null {
  const { ladder } = position
  if (ladder === null) return null
  return `Step ${ladder.step} at ${price(ladder.price, tick)} next, ${money(ladder.notional)} kept for what is left of it`
}

export function protectionWords(position: Position): string {
  if (isOpening(position)) return 'Entry not filled yet'
  if (position.status === 'EXITING') return 'Exit being sent'
  return position.protected ? 'Stop on the venue' : 'No stop on the venue yet'
}

/** The ruler in words. */
export function rulerSummary(position: Position, mark: string | null, tick?: string): string {
  const p = (value: string | null) => price(value, tick)
  const moved = stopHasMoved(position) ? `, moved from ${p(position.initial_stop_price)}` : ''
  const parts = position.scale_out_step > 0 ? ` Parts taken at 1R to ${position.scale_out_step}R.` : ''
  return (
    `${shortSymbol(position.symbol)} ${position.side}: price ${p(mark)}, entry ${p(position.entry_price)}, ` +
    `stop ${p(position.stop_price)}${moved}, target ${p(position.take_profit_price)}.${parts}`
  )
}
