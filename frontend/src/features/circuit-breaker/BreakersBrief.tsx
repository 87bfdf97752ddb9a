import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { breakerQuery, walletsQuery } from '@/lib/api/queries'
import { momentBesideUtc } from '@/lib/format/time'
import { words } from '@/lib/format/words'
import { useZone } from '@/lib/preferences/zone'
import { Badge } from '@/ui/Badge'
import { buttonClass } from '@/ui/Button'
import { Panel } from '@/ui/Panel'
import { Surface } from '@/ui/Surface'
import { tradingStateWords } from './trading-state'

/** What trading may do, and every breaker that holds something back, with its cause. */
export function BreakersBrief() {
  const breaker = useQuery(breakerQuery)
  const wallets = useQuery(walletsQuery)
  const zone = useZone()
  const nameOf = (id: string) => wallets.data?.find((wallet) => wallet.id === id)?.name ?? id
  return (
    <Panel
      title="Trading state"
      aside={
        <Link to="/risk-management" className={buttonClass('quiet')}>
          Limits and breakers
        </Link>
      }
    >
      <Surface query={breaker} what="The trading state" className="space-y-2 p-3">
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
                    <li key={`${trip.scope}${trip.scope_id}${trip.environment}`}>
                      <Badge tone={trip.state === 'halted' ? 'crit' : 'warn'}>{words(trip.state)}</Badge>{' '}
                      {words(trip.scope)} {trip.scope === 'wallet' ? nameOf(trip.scope_id) : ''}: {words(trip.cause)}.{' '}
                      {trip.reason}
                      {trip.resets_at !== null && (
                        <span className="num block text-2xs text-low">
                          Resets {momentBesideUtc(trip.resets_at, zone)}
                        </span>
                      )}
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
