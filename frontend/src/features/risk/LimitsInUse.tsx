import { useQuery } from '@tanstack/react-query'
import { riskStatusQuery } from '@/lib/api/queries'
import type { EnvironmentRisk, LimitUse } from '@/lib/api/types'
import { forDrawing } from '@/lib/format/decimal'
import { count, money, percent } from '@/lib/format/numbers'
import { dateTime, momentBesideUtc } from '@/lib/format/time'
import { limitName, words } from '@/lib/format/words'
import { useZone } from '@/lib/preferences/zone'
import { Badge, EnvironmentBadge } from '@/ui/Badge'
import { Panel } from '@/ui/Panel'
import { Pnl } from '@/ui/Pnl'
import { Surface } from '@/ui/Surface'
import { UsedBar } from '@/ui/UsedBar'

/** A figure in the unit the server names for the limit. */
export function inUnit(value: string | null, unit: string): string {
  if (unit === 'usd' || unit === 'USD' || unit === '$') return money(value)
  if (unit === 'percent' || unit === '%') return percent(value)
  if (unit === 'x' || unit === '×') return `${count(value)}×`
  return count(value)
}

/** Share of the limit in use; null where either is unknown. A limit of zero is full as soon as anything is used. */
export function usedFraction({ used, limit }: Pick<LimitUse, 'used' | 'limit'>): number | null {
  if (used === null || limit === null) return null
  const [part, whole] = [forDrawing(used), forDrawing(limit)]
  if (whole <= 0) return part > 0 ? 1 : 0
  return Math.max(0, part / whole)
}

function Limit({ use }: { readonly use: LimitUse }) {
  const zone = useZone()
  const text =
    use.limit === null
      ? `${inUnit(use.used, use.unit)}, no limit`
      : `${inUnit(use.used, use.unit)} of ${inUnit(use.limit, use.unit)}`
  const note = use.resets_at === null ? null : `Resets ${momentBesideUtc(use.resets_at, zone)}`
  return (
    <UsedBar label={limitName(use.name)} fraction={usedFraction(use)} text={text} note={note} tripped={use.tripped} />
  )
}

function Environment({ risk }: { readonly risk: EnvironmentRisk }) {
  const zone = useZone()
  return (
    <Panel
      title="Limits in use"
      aside={
        <span className="flex items-center gap-2">
          <EnvironmentBadge environment={risk.environment} />
          {risk.trading_state !== 'active' && <Badge tone="warn">{words(risk.trading_state)}</Badge>}
        </span>
      }
    >
      <div className="num flex flex-wrap gap-x-6 gap-y-1 px-3 pt-3 text-xs">
        <span>
          <span className="text-mid">Equity</span> <b>{money(risk.equity)}</b>
        </span>
        <span>
          <span className="text-mid">Today</span> <Pnl value={risk.day_pnl} className="font-semibold" />
        </span>
        <span>
          <span className="text-mid">As of</span> {dateTime(risk.as_of, zone)}
        </span>
      </div>
      {risk.limits.length === 0 ? (
        <p className="p-3 text-mid">No limit is set.</p>
      ) : (
        <div className="grid gap-x-6 gap-y-3 p-3 sm:grid-cols-2 xl:grid-cols-3">
          {risk.limits.map((use) => (
            <Limit key={use.name} use={use} />
          ))}
        </div>
      )}
    </Panel>
  )
}

/** How much of every limit is used now, for each environment apart. */
export function LimitsInUse() {
  const status = useQuery(riskStatusQuery)
  return (
    <Surface query={status} what="Limits in use" className="space-y-3">
      {(environments) =>
        environments.length === 0 ? (
          <p className="text-mid">Limits are measured once there is a wallet.</p>
        ) : (
          environments.map((risk) => <Environment key={risk.environment} risk={risk} />)
        )
      }
    </Surface>
  )
}
