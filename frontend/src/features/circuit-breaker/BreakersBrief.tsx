import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { breakerQuery, walletsQuery } from '@/lib/api/queries'
import { words } from '@/lib/format/words'
import { useZone } from '@/lib/preferences/zone'
import { Badge } from '@/ui/Badge'
import { buttonClass } from '@/ui/Button'
import { Panel } from '@/ui/Panel'
import { Skeleton } from '@/ui/Skeleton'
import { Surface } from '@/ui/Surface'
import { tradingStateWords } from './trading-state'
import { endWords, scopeWords } from './trip-words'

/** What trading may do, and every breaker that holds something back, with its cause. */
export function BreakersBrief() {
  const breaker = useQuery(breakerQuery)
  const wallets = useQuery(walletsQuery)
  const zone = useZone()
  return (
    <Panel
      title="Trading state"
      aside={
        <Link to="/risk-management" className={buttonClass('quiet')}>
          Limits and breakers
        </Link>
      }
    >
      <Surface
        query={breaker}
        what="The trading state"
        loading={<Skeleton label="Loading the trading state" rows={2} />}
        className="space-y-2 p-3"
      >
        {(status) => {
          const { glyph, text, tone, more } = tradingStateWords(status, wallets.data, zone)
          return (
            <>
              <p className="flex flex-wrap items-center gap-2">
                <Badge tone={tone} className="text-xs!">
                  <span aria-hidden="true">{glyph}</span> {text}
                </Badge>
                {more && <span className="text-mid">{more}</span>}
              </p>
              {status.trips.length === 0 ? (
                <p className="text-mid">No breaker holds anything back.</p>
              ) : (
                <ul className="space-y-1">
                  {status.trips.map((trip) => (
                    <li key={`${trip.scope}${trip.scope_id}${trip.environment}${trip.cause}`}>
                      <Badge tone={trip.state === 'halted' ? 'crit' : 'warn'}>{words(trip.state)}</Badge>{' '}
                      {scopeWords(trip, wallets.data)}: {words(trip.cause)}. {trip.reason}
                      <span className="num block text-2xs text-low">{endWords(trip, zone)}</span>
                    </li>
                  ))}
                </ul>
              )}
            </>
          )
        }}
      </Surface>
    </Panel>
  )
}
