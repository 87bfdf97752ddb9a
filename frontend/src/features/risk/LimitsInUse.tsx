import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { HeatGauge } from '@/charts/HeatGauge'
import { riskStatusQuery, walletsQuery } from '@/lib/api/queries'
import type { EnvironmentRisk, LimitUse } from '@/lib/api/types'
import { forDrawing, negate } from '@/lib/format/decimal'
import { inUnit, limitOf, usedFraction } from '@/lib/format/limits'
import { count, money, percent, signedMoney } from '@/lib/format/numbers'
import { ago, dateTime, momentBesideUtc } from '@/lib/format/time'
import { limitName, shortSymbol, words } from '@/lib/format/words'
import { useNow } from '@/lib/preferences/now'
import { useZone } from '@/lib/preferences/zone'
import { Badge, EnvironmentBadge } from '@/ui/Badge'
import { EmptyState } from '@/ui/EmptyState'
import { Panel } from '@/ui/Panel'
import { Pnl } from '@/ui/Pnl'
import { Surface } from '@/ui/Surface'
import { UsedBar } from '@/ui/UsedBar'

/** Balances older than this are no longer what a decision would be made on. */
const STALE_MS = 120_000

function Limit({ use }: { readonly use: LimitUse }) {
  const zone = useZone()
  const used = inUnit(use.used, use.unit)
  const text = use.limit === null ? `${used}, no limit` : `${used} of ${inUnit(use.limit, use.unit)}`
  const note = use.resets_at === null ? use.note : `Resets ${momentBesideUtc(use.resets_at, zone)}`
  return (
    <UsedBar
      label={limitName(use.name)}
      fraction={usedFraction(use)}
      text={text}
      note={note}
      tripped={use.tripped}
      known={use.used !== null}
    />
  )
}

function Bars({ uses }: { readonly uses: ReadonlyArray<LimitUse> }) {
  return (
    <div className="grid gap-x-6 gap-y-3 p-3 sm:grid-cols-2 xl:grid-cols-3">
      {uses.map((use) => (
        <Limit key={`${use.level}${use.subject}${use.name}`} use={use} />
      ))}
    </div>
  )
}

function Gauges({ risk }: { readonly risk: EnvironmentRisk }) {
  const heat = limitOf(risk, 'max_portfolio_heat')
  const open = limitOf(risk, 'max_open_risk_percent')
  return (
    <div className="grid grid-cols-2 gap-3">
      <HeatGauge
        label="Exposure heat"
        explains="All notionals ÷ equity"
        used={risk.exposure_heat_percent}
        limit={heat?.limit ?? null}
        fraction={heat ? usedFraction(heat) : null}
      />
      <HeatGauge
        label="Open risk"
        explains="The loss if every stop fills ÷ equity"
        used={risk.open_risk_percent}
        limit={open?.limit ?? null}
        fraction={open ? usedFraction(open) : null}
      />
    </div>
  )
}

function Cell({ term, children }: { readonly term: string; readonly children: ReactNode }) {
  return (
    <div className="min-w-0">
      <dt className="text-2xs text-mid">{term}</dt>
      <dd className="text-sm font-semibold">{children}</dd>
    </div>
  )
}

function Assets({ risk }: { readonly risk: EnvironmentRisk }) {
  if (risk.assets.length === 0) return null
  return (
    <div className="space-y-2">
      <h3 className="text-xs font-semibold text-mid">Exposure by asset, of equity</h3>
      {risk.assets.map((asset) => (
        <div key={asset.asset}>
          <div className="num flex justify-between text-xs">
            <span>{asset.asset}</span>
            <span>
              {money(asset.notional)} <span className="text-mid">{percent(asset.percent, 1)}</span>
            </span>
          </div>
          <div aria-hidden="true" className="mt-0.5 h-1.5 rounded bg-s3">
            <div
              className="h-full rounded bg-mid"
              style={{ width: `${Math.min(100, asset.percent === null ? 0 : forDrawing(asset.percent))}%` }}
            />
          </div>
        </div>
      ))}
    </div>
  )
}

function Now({ risk }: { readonly risk: EnvironmentRisk }) {
  const zone = useZone()
  const now = useNow()
  const stale = risk.as_of === null || now - new Date(risk.as_of).getTime() > STALE_MS
  const most = limitOf(risk, 'max_open_positions')?.limit ?? null
  return (
    <Panel
      title="Now"
      aside={
        <span className="flex items-center gap-2">
          <EnvironmentBadge environment={risk.environment} />
          {risk.trading_state !== 'active' && <Badge tone="warn">{words(risk.trading_state)}</Badge>}
        </span>
      }
    >
      <div className={`grid gap-4 p-3 lg:grid-cols-[minmax(18rem,26rem)_1fr] ${stale ? 'text-mid' : ''}`}>
        <Gauges risk={risk} />
        <div className="min-w-0 space-y-4">
          <dl className="num grid grid-cols-2 gap-x-4 gap-y-3 sm:grid-cols-3">
            <Cell term="Equity">{money(risk.equity)}</Cell>
            <Cell term="Today">
              <Pnl value={risk.day_pnl} />
            </Cell>
            <Cell term="If all stops hit">
              {risk.open_risk === null ? 'not known' : signedMoney(negate(risk.open_risk))}
            </Cell>
            <Cell term="Margin in use">{percent(risk.margin_percent, 1)}</Cell>
            <Cell term="Positions">
              {risk.open_positions}
              {most !== null && <span className="font-normal text-mid"> of {count(most)}</span>}
              {risk.pending_entries > 0 && (
                <span className="font-normal text-mid">, {risk.pending_entries} pending</span>
              )}
            </Cell>
            <Cell term="As of">
              <span className="font-normal">
                {dateTime(risk.as_of, zone).slice(11)}
                {stale && <b className="text-warn"> stale, {ago(risk.as_of, now)}</b>}
              </span>
            </Cell>
          </dl>
          <Assets risk={risk} />
        </div>
      </div>
    </Panel>
  )
}

/** Who a level's limits are about, in words. */
function subjectOf(use: LimitUse, wallet: (id: string) => string): string {
  if (use.subject === null) return ''
  if (use.level === 'wallet') return `Wallet ${wallet(use.subject)}`
  return use.level === 'symbol' ? shortSymbol(use.subject) : `Strategy ${words(use.subject)}`
}

function Limits({ risk }: { readonly risk: EnvironmentRisk }) {
  const wallets = useQuery(walletsQuery)
  const name = (id: string) => wallets.data?.find((wallet) => wallet.id === id)?.name ?? ''
  const own = risk.limits.filter((use) => use.level === 'user')
  const others = new Map<string, LimitUse[]>()
  for (const use of risk.limits.filter((one) => one.level !== 'user')) {
    const key = subjectOf(use, name)
    others.set(key, [...(others.get(key) ?? []), use])
  }
  return (
    <Panel title="Limits in use" aside={<span className="text-2xs text-low">over all wallets</span>}>
      <Bars uses={own} />
      {[...others].map(([subject, uses]) => (
        <section key={subject} aria-label={subject} className="border-t border-line">
          <h3 className="px-3 pt-2 text-xs font-semibold text-mid">{subject}</h3>
          <Bars uses={uses} />
        </section>
      ))}
    </Panel>
  )
}

/** Both gauges and how much of every limit is used now, for each environment apart. */
export function LimitsInUse() {
  const status = useQuery(riskStatusQuery)
  return (
    <Surface query={status} what="Limits in use" className="space-y-3">
      {(environments) =>
        environments.length === 0 ? (
          <div className="rounded-md border border-line bg-s1">
            <EmptyState title="Nothing at risk yet">
              <p>Limits are measured once there is a wallet. The limits below already stand.</p>
            </EmptyState>
          </div>
        ) : (
          environments.map((risk) => (
            <div key={risk.environment} className="space-y-3">
              <Now risk={risk} />
              <Limits risk={risk} />
            </div>
          ))
        )
      }
    </Surface>
  )
}
