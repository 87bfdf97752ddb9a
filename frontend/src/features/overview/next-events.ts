// What comes next by itself: fundings, the end of trading hours, limits that start anew, settings that change.
import type { EnvironmentRisk, Funding, PendingChange, Position, TradingSchedule } from '@/lib/api/types'
import { add, compare, divide, multiply, negate, signOf } from '@/lib/format/decimal'
import { money } from '@/lib/format/numbers'
import { limitName, plural, shortSymbol, words } from '@/lib/format/words'

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

/** One event for each moment of funding: what all the positions that it meets pay or receive together. */
function fundingEvents(positions: ReadonlyArray<Position>, fundings: ReadonlyArray<Funding>): NextEvent[] {
  const byMoment = new Map<string, { cost: string | null; symbols: Set<string>; count: number }>()
  for (const position of positions) {
    const funding = fundings.find((one) => one.venue === position.venue && one.symbol === position.symbol)
    if (!funding?.at || funding.rate_percent === null || position.status === 'INTENT') continue
    const met = byMoment.get(funding.at) ?? { cost: '0', symbols: new Set(), count: 0 }
    const cost = fundingCost(position, funding.rate_percent)
    met.cost = met.cost === null || cost === null ? null : add(met.cost, cost)
    met.symbols.add(shortSymbol(position.symbol))
    met.count += 1
    byMoment.set(funding.at, met)
  }
  return [...byMoment].map(([at, { cost, symbols, count }]) => {
    const receives = cost !== null && signOf(cost) === 'loss'
    const verb = `${receives ? 'receive' : 'pay'}${count === 1 ? 's' : ''}`
    const sum = cost === null ? '' : ` about ${money(receives ? negate(cost) : cost)}`
    const text = `Funding: ${plural(count, 'position')} ${verb}${sum} (${[...symbols].sort().join(', ')})`
    return { key: `funding ${at}`, at, text, clock: 'market' as const }
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
      if (use.level !== 'user' || use.resets_at === null || use.used === null || !/_loss_/.test(use.name)) continue
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
