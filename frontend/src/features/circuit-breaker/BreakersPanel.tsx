import { useQuery } from '@tanstack/react-query'
import { breakerQuery, walletsQuery } from '@/lib/api/queries'
import { dateTime } from '@/lib/format/time'
import { words } from '@/lib/format/words'
import { useZone } from '@/lib/preferences/zone'
import { Badge } from '@/ui/Badge'
import { Panel } from '@/ui/Panel'
import { Surface } from '@/ui/Surface'
import { PauseResume } from './PauseResume'
import { TradingStatePill } from './TradingStatePill'

/** What trading may do now, who decided so and when, and the way to pause and resume it. */
export function BreakersPanel() {
  const zone = useZone()
  const breaker = useQuery(breakerQuery)
  const wallets = useQuery(walletsQuery)
  const name = (id: string) => wallets.data?.find((wallet) => wallet.id === id)?.name ?? 'A wallet'
  return (
    <Panel title="Circuit breakers" aside={<PauseResume />}>
      <Surface query={breaker} what="The trading state">
        {(status) => {
          const stopped = status.wallets.filter((wallet) => wallet.state !== 'active')
          return (
            <div className="space-y-2 p-3">
              <TradingStatePill />
              <p className="text-mid">
                {status.state === 'active'
                  ? 'A loss limit that is reached stops entries by itself; exits and stops go on.'
                  : `${status.reason ?? words(status.state)} Since ${dateTime(status.changed_at, zone)}.`}
              </p>
              {stopped.length > 0 && (
                <ul className="space-y-1">
                  {stopped.map((wallet) => (
                    <li key={wallet.wallet_id}>
                      <b>{name(wallet.wallet_id)}</b> <Badge tone="warn">{words(wallet.state)}</Badge> {wallet.reason}
                    </li>
                  ))}
                </ul>
              )}
            </div>
          )
        }}
      </Surface>
    </Panel>
  )
}
