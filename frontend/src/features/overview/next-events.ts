// What comes next by itself: fundings, the end of trading hours, limits that start anew, settings that change.
import type { EnvironmentRisk, Funding, PendingChange, Position, TradingSchedule } from '@/lib/api/types'
import { compare, divide, multiply, negate, signOf } from '@/lib/format/decimal'
import { money, signedPercent } from '@/lib/format/numbers'
import { limitName, shortSymbol, words } from '@/lib/format/words'

export interface NextEvent {
  readonly key: string
  readonly at: string
  readonly text: string
  /** Whose clock `at` is read by: the market's runs at its own speed. */
  readonly clock: 'market' | 'wall'
}

interface Facts {
  readonly positions: ReadonlyArray<Position>
  readonly fundings: ReadonlyArray<Funding>
  readonly schedule: TradingSchedule | undefined
  readonly risk: ReadonlyArray<EnvironmentRisk>
  readonly pending: ReadonlyArray<PendingChange>
}

/** What a position pays at a funding at its mark price, quote currency; negative is received, null where not known. */
export function fundingCost(position: Position, ratePercent: string): string | null {
  if (position.mark_price === null) return null
  const notional = multiply(position.mark_price, position.quantity)
  const cost =
    notional === null ? null : multiply(notional, position.side === 'long' ? ratePercent : negate(ratePercent))
  return cost === null ? null : divide(cost, '100', 8)
}

function fundingEvents(positions: ReadonlyArray<Position>, fundings: ReadonlyArray<Funding>): NextEvent[] {
  return positions.flatMap((position) => {
    const funding = fundings.find((one) => one.venue === position.venue && one.symbol === position.symbol)
    if (!funding?.at || funding.rate_percent === null) return []
    const cost = fundingCost(position, funding.rate_percent)
    const receives = cost !== null && signOf(cost) === 'loss'
    const sum = cost === null ? '' : ` about ${money(receives ? negate(cost) : cost)}`
    const name = `${shortSymbol(position.symbol)} ${position.side}`
    const text = `Funding: ${name} ${receives ? 'receives' : 'pays'}${sum} (rate ${signedPercent(funding.rate_percent, 4)})`
    return [{ key: `funding ${position.id}`, at: funding.at, text, clock: 'market' as const }]
  })
}

function hoursEvents(schedule: TradingSchedule | undefined): NextEvent[] {
  if (!schedule?.enabled) return []
  return schedule.now.flatMap(({ venue, is_open: open, ends_at: ends, opens_at: opens, leaves_at: leaves }) => {
    const events: Array<NextEvent | null> = [
      open && ends ? { key: `ends ${venue}`, at: ends, text: `Trading hours end at ${venue}`, clock: 'market' } : null,
      open === false && opens
        ? { key: `opens ${venue}`, at: opens, text: `Trading hours begin at ${venue}`, clock: 'market' }
        : null,
      leaves
        ? {
            key: `leaves ${venue}`,
            at: leaves,
            text: `Positions are left before the close at ${venue}`,
            clock: 'market',
          }
        : null,
    ]
    return events.filter((one) => one !== null)
  })
}

/** Loss windows that hold something, one event for each moment at which they start anew. */
function windowEvents(risk: ReadonlyArray<EnvironmentRisk>): NextEvent[] {
  const byMoment = new Map<string, NextEvent>()
  for (const { environment, limits } of risk) {
    for (const use of limits) {
      if (use.level !== 'user' || use.resets_at === null || use.used === null) continue
      if (!use.tripped && (compare(use.used, '0') ?? 0) <= 0) continue
      const key = `reset ${environment} ${use.resets_at}`
      const name = limitName(use.name).split(',')[0] ?? use.name
      const text = use.tripped ? `${name} limit, reached, starts anew` : `${name} starts anew`
      if (!byMoment.has(key) || use.tripped)
        byMoment.set(key, { key, at: use.resets_at, text: `${text} (${environment})`, clock: 'market' })
    }
  }
  return [...byMoment.values()]
}

/** Soonest first by each event's own clock; what is dated by a clock that is not known stands last. */
export function nextEvents(facts: Facts, market: number | null, wall: number): NextEvent[] {
  const all: NextEvent[] = [
    ...fundingEvents(facts.positions, facts.fundings),
    ...hoursEvents(facts.schedule),
    ...windowEvents(facts.risk),
    ...facts.pending.map((one) => ({
      key: `pending ${one.setting}`,
      at: one.effective_at,
      text: `${words(one.setting)} changes to ${one.value ?? 'no limit'}`,
      clock: 'wall' as const,
    })),
  ]
  const left = (event: NextEvent) => timeLeft(event, market, wall) ?? Number.POSITIVE_INFINITY
  return all.sort((a, b) => left(a) - left(b) || a.text.localeCompare(b.text))
}

/** Milliseconds until the event, by its own clock; null while that is not known. */
export function timeLeft(event: NextEvent, market: number | null, wall: number): number | null {
  const now = event.clock === 'market' ? market : wall
  return now === null ? null : Date.parse(event.at) - now
}
