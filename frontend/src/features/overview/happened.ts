// What the system did and what it refused, as sentences, newest first.
import type { Decision, Execution } from '@/lib/api/types'
import { plain, price, signedMoney } from '@/lib/format/numbers'
import { shortSymbol, words } from '@/lib/format/words'

export interface Happening {
  readonly key: string
  /** Wall time at which it was written down. */
  readonly at: string
  readonly text: string
  readonly refused: boolean
  readonly trade: string | null
}

const ENTRIES = new Set(['enter', 'entry', 'add'])

function executed(row: Execution): Happening | null {
  const name = shortSymbol(row.symbol)
  const base = { key: `execution ${row.id}`, at: row.timestamp, trade: row.trade_id }
  if (row.status === 'filled' || row.status === 'partial') {
    const result =
      row.realized_pnl === null || ENTRIES.has(row.action) ? '' : `, ${signedMoney(row.realized_pnl)} realised`
    const text = `${words(row.action)} ${name}: ${words(row.side).toLowerCase()} ${plain(row.filled_size)} at ${price(row.executed_price)}${result}.`
    return { ...base, text, refused: false }
  }
  if (row.error_message === null) return null
  return {
    ...base,
    text: `${words(row.action)} ${name} ${words(row.status).toLowerCase()}: ${row.error_message}`,
    refused: true,
  }
}

function refused(decision: Decision): Happening | null {
  if (decision.approved) return null
  const why = decision.breaches[0]?.message ?? 'no reason was recorded.'
  const others = decision.breaches.length - 1
  const more = others > 0 ? ` And ${others} more.` : ''
  const text = `${shortSymbol(decision.symbol)} ${decision.side}: ${why.replace(`${decision.symbol} refused: `, '')}${more}`
  return { key: `decision ${decision.id}`, at: decision.created_at, text, refused: true, trade: null }
}

/** Fills, failures and refusals together; what only rests at the venue is left out. */
export function happenings(executions: ReadonlyArray<Execution>, decisions: ReadonlyArray<Decision>): Happening[] {
  const all = [...executions.map(executed), ...decisions.map(refused)].filter((one) => one !== null)
  return all.sort((a, b) => b.at.localeCompare(a.at))
}
