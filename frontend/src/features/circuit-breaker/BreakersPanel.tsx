import { useQuery } from '@tanstack/react-query'
import { breakerQuery, walletsQuery } from '@/lib/api/queries'
import type { Trip } from '@/lib/api/types'
import { dateTime } from '@/lib/format/time'
import { words } from '@/lib/format/words'
import { useZone } from '@/lib/preferences/zone'
import { Badge } from '@/ui/Badge'
import { Panel } from '@/ui/Panel'
import { Surface } from '@/ui/Surface'
import { BreakerHistory } from './BreakerHistory'
import { BreakerRules } from './BreakerRules'
import { PauseResume } from './PauseResume'
import { TradingStatePill } from './TradingStatePill'
import { endWords, scopeWords } from './trip-words'

const WHOM: Record<string, string> = { user: 'you', rule: 'a rule', system: 'a rule' }

function Trips({ trips }: { readonly trips: ReadonlyArray<Trip> }) {
  const zone = useZone()
  const wallets = useQuery(walletsQuery)
  return (
    <ul className="divide-y divide-line rounded border border-line">
      {trips.map((trip) => (
        <li key={`${trip.scope}${trip.scope_id}${trip.environment}${trip.cause}`} className="space-y-0.5 px-3 py-2">
          <p className="flex flex-wrap items-center gap-2">
            <b>{words(trip.cause)}</b>
            <Badge tone={trip.state === 'halted' ? 'crit' : 'warn'}>
              {trip.state === 'halted' ? '■ Halted' : '❚❚ Entries paused'}
            </Badge>
            <span className="text-xs text-mid">
              {scopeWords(trip, wallets.data)}
              {trip.environment === 'all' ? '' : ` · ${trip.environment}`}
            </span>
          </p>
          <p>{trip.reason}</p>
          <p className="num text-xs text-mid">
            By {WHOM[trip.changed_by] ?? trip.changed_by} since {dateTime(trip.changed_at, zone)},{' '}
            {endWords(trip, zone)}.
          </p>
        </li>
      ))}
    </ul>
  )
}

/** What trading may do now, every cause that stops entries, the rules behind them, and what happened before. */
export function BreakersPanel() {
  const breaker = useQuery(breakerQuery)
  return (
    <Panel title="Circuit breakers" aside={<PauseResume />}>
      <Surface query={breaker} what="The trading state">
        {(status) => (
          <div className="space-y-3 p-3">
            <TradingStatePill />
            {status.trips.length > 0 ? (
              <Trips trips={status.trips} />
            ) : (
              <p className="text-mid">
                {status.state === 'active'
                  ? 'Nothing stops entries. A limit that is reached does so by itself; exits and stops go on.'
                  : status.reason}
              </p>
            )}
            <BreakerRules />
            <BreakerHistory />
          </div>
        )}
      </Surface>
    </Panel>
  )
}
