import { useQuery } from '@tanstack/react-query'
import { Suspense, useState } from 'react'
import {
  ALL_WALLETS,
  type ScheduleScope,
  scheduleScopeKey,
  tradingScheduleQuery,
  walletsQuery,
} from '@/lib/api/queries'
import type { TradingSchedule } from '@/lib/api/types'
import { momentBesideUtc } from '@/lib/format/time'
import { useZone } from '@/lib/preferences/zone'
import { Badge } from '@/ui/Badge'
import { Panel } from '@/ui/Panel'
import { part } from '@/ui/part'
import { Skeleton } from '@/ui/Skeleton'
import { Surface } from '@/ui/Surface'

const ScheduleForm = part(() => import('./ScheduleForm').then((module) => ({ default: module.ScheduleForm })))

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

/** When entries may be made: of the user over all wallets, and beside that at one venue or of one wallet. */
export function TradingHours() {
  const wallets = useQuery(walletsQuery)
  const [chosen, setChosen] = useState(scheduleScopeKey(ALL_WALLETS))
  const active = (wallets.data ?? []).filter((wallet) => wallet.status === 'active')
  const venues = [...new Set(active.map((wallet) => wallet.venue))].sort()
  const scopes: ReadonlyArray<readonly [ScheduleScope, string]> = [
    [ALL_WALLETS, 'all wallets'],
    ...venues.map((venue) => [{ kind: 'venue', id: venue }, `wallets at ${venue}`] as const),
    ...active.map((wallet) => [{ kind: 'wallet', id: wallet.id }, wallet.name] as const),
  ]
  const scope = scopes.find(([one]) => scheduleScopeKey(one) === chosen)?.[0] ?? ALL_WALLETS
  const schedule = useQuery(tradingScheduleQuery(scope))
  return (
    <Panel
      title="Trading hours"
      aside={
        <label className="flex items-center gap-2 text-xs">
          <span className="text-mid">Of</span>
          <select
            className="input w-auto"
            value={scheduleScopeKey(scope)}
            onChange={(event) => setChosen(event.target.value)}
          >
            {scopes.map(([one, name]) => (
              <option key={scheduleScopeKey(one)} value={scheduleScopeKey(one)}>
                {name}
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
              <ScheduleForm key={`${scheduleScopeKey(scope)}${etag}`} scope={scope} saved={result} etag={etag} />
            </Suspense>
          </>
        )}
      </Surface>
    </Panel>
  )
}
