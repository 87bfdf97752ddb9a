import { useQueries, useQuery } from '@tanstack/react-query'
import {
  ALL_WALLETS,
  fundingQuery,
  positionsQuery,
  riskSettingsQuery,
  riskStatusQuery,
  tradingScheduleQuery,
} from '@/lib/api/queries'
import type { Funding, Position } from '@/lib/api/types'
import { dateTime, duration } from '@/lib/format/time'
import { useNow } from '@/lib/preferences/now'
import { useZone } from '@/lib/preferences/zone'
import { useMarketTime } from '@/lib/stream/link'
import { EmptyState } from '@/ui/EmptyState'
import { Panel } from '@/ui/Panel'
import { Skeleton } from '@/ui/Skeleton'
import { nextEvents, timeLeft } from './next-events'

const SHOWN = 8

interface Fundings {
  readonly known: ReadonlyArray<Funding>
  /** Symbols whose venue did not answer. */
  readonly unknown: number
  readonly isPending: boolean
}

function fundingsOf(
  queries: ReadonlyArray<{ data: Funding | undefined; isError: boolean; isPending: boolean }>,
): Fundings {
  return {
    known: queries.flatMap(({ data }) => data ?? []),
    unknown: queries.filter(({ data, isError }) => isError && data === undefined).length,
    isPending: queries.some(({ isPending }) => isPending),
  }
}

/** The next fundings of the markets in which a position is open. */
function useFundings(positions: ReadonlyArray<Position>): Fundings {
  const markets = new Map(positions.map((one) => [`${one.venue} ${one.symbol}`, one] as const))
  const asked = [...markets].sort(([a], [b]) => a.localeCompare(b)).map(([, one]) => one)
  return useQueries({ queries: asked.map((one) => fundingQuery(one.venue, one.symbol)), combine: fundingsOf })
}

/** What comes next by itself, soonest first, each by its own clock. */
export function NextEvents() {
  const positions = useQuery(positionsQuery)
  const schedule = useQuery(tradingScheduleQuery(ALL_WALLETS))
  const risk = useQuery(riskStatusQuery)
  const settings = useQuery(riskSettingsQuery)
  const fundings = useFundings(positions.data ?? [])
  const market = useMarketTime()
  const wall = useNow()
  const zone = useZone()
  // All of it at once: lines that come one after another move what stands below them.
  if ([positions, schedule, risk, settings, fundings].some((one) => one.isPending)) {
    return (
      <Panel title="What comes next">
        <Skeleton label="Loading what comes next" rows={4} />
      </Panel>
    )
  }
  const events = nextEvents(
    {
      positions: positions.data ?? [],
      fundings: fundings.known,
      schedule: schedule.data?.result,
      risk: risk.data ?? [],
      pending: settings.data?.result.pending ?? [],
    },
    market,
    wall,
  )
  const missing = [
    fundings.unknown > 0 && 'fundings',
    schedule.isError && 'trading hours',
    risk.isError && 'loss limits',
    settings.isError && 'waiting changes',
  ].filter((one) => one !== false)
  return (
    <Panel title="What comes next">
      {events.length === 0 ? (
        <EmptyState title="Nothing is due">
          <p>
            {positions.data?.length === 0 ? 'No position is open, so no funding is paid' : 'No funding is near'}, no
            loss limit is in use, and{' '}
            {schedule.data?.result.enabled ? 'trading hours do not end' : 'trading hours are off'}.
          </p>
        </EmptyState>
      ) : (
        <ul className="divide-y divide-line">
          {events.slice(0, SHOWN).map((event) => {
            const left = timeLeft(event, market, wall)
            return (
              <li key={event.key} className="flex flex-wrap items-baseline justify-between gap-x-3 px-3 py-1.5">
                <span className="min-w-0">{event.text}</span>
                <time dateTime={event.at} title={dateTime(event.at, zone)} className="num text-xs text-mid">
                  {left === null ? dateTime(event.at, zone).slice(0, 16) : left <= 0 ? 'due' : `in ${duration(left)}`}
                </time>
              </li>
            )
          })}
        </ul>
      )}
      {missing.length > 0 && (
        <p role="status" className="px-3 pb-2 text-2xs text-warn">
          Partial: {missing.join(', ')} could not be read.
        </p>
      )}
    </Panel>
  )
}
