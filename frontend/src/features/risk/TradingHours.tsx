import { useQuery } from '@tanstack/react-query'
import { lazy, Suspense, useState } from 'react'
import { tradingScheduleQuery, walletsQuery } from '@/lib/api/queries'
import type { TradingSchedule } from '@/lib/api/types'
import { momentBesideUtc } from '@/lib/format/time'
import { useZone } from '@/lib/preferences/zone'
import { Badge } from '@/ui/Badge'
import { Panel } from '@/ui/Panel'
import { Skeleton } from '@/ui/Skeleton'
import { Surface } from '@/ui/Surface'

const ScheduleForm = lazy(() => import('./ScheduleForm').then((module) => ({ default: module.ScheduleForm })))

/** What the schedule says now, at each venue by its own market time. */
function Now({ schedule }: { readonly schedule: TradingSchedule }) {
  const zone = useZone()
  if (!schedule.enabled) return <p className="text-mid">Off: entries may be made at any time.</p>
  return (
    <ul className="space-y-1">
      {schedule.now.map((one) => (
        <li key={one.venue} className="flex flex-wrap items-center gap-x-2">
          <Badge tone={one.is_open === true ? 'plain' : 'warn'}>
            {one.is_open === null ? 'Not known' : one.is_open ? 'Open' : 'Closed'}
          </Badge>
          <span>
            {one.venue}: {one.is_open === null && 'the exchange’s sessions are not known; entries are refused.'}
            {one.is_open === true &&
              (one.ends_at === null ? 'no end is near.' : `entries until ${momentBesideUtc(one.ends_at, zone)}.`)}
            {one.is_open === false &&
              (one.opens_at === null ? 'no opening is known.' : `opens ${momentBesideUtc(one.opens_at, zone)}.`)}
            {one.leaves_at !== null && ` Positions are left at ${momentBesideUtc(one.leaves_at, zone)}.`}
          </span>
        </li>
      ))}
    </ul>
  )
}

/** When entries may be made: of the user over all wallets, or of one wallet beside that. */
export function TradingHours() {
  const wallets = useQuery(walletsQuery)
  const [walletId, setWalletId] = useState('')
  const schedule = useQuery(tradingScheduleQuery(walletId))
  const active = (wallets.data ?? []).filter((wallet) => wallet.status === 'active')
  return (
    <Panel
      title="Trading hours"
      aside={
        <label className="flex items-center gap-2 text-xs">
          <span className="text-mid">Of</span>
          <select className="input w-auto" value={walletId} onChange={(event) => setWalletId(event.target.value)}>
            <option value="">all wallets</option>
            {active.map((wallet) => (
              <option key={wallet.id} value={wallet.id}>
                {wallet.name}
              </option>
            ))}
          </select>
        </label>
      }
    >
      <Surface
        query={schedule}
        what="Trading hours"
        loading={<Skeleton label="Loading trading hours" rows={3} />}
        className="space-y-4 p-3"
      >
        {({ result, etag }) => (
          <>
            <Now schedule={result} />
            <Suspense fallback={<Skeleton label="Loading the form" rows={4} />}>
              <ScheduleForm key={`${walletId}${etag}`} walletId={walletId} saved={result} etag={etag} />
            </Suspense>
          </>
        )}
      </Surface>
    </Panel>
  )
}
