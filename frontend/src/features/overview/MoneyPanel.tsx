import { useQuery } from '@tanstack/react-query'
import { memo, type ReactNode, useMemo } from 'react'
import { linePath, scaleOf } from '@/charts/line-path'
import { equityQuery, portfolioQuery } from '@/lib/api/analytics'
import type { EnvironmentRisk, Equity, Portfolio, Wallet } from '@/lib/api/types'
import { negate } from '@/lib/format/decimal'
import { inUnit, limitOf, usedFraction } from '@/lib/format/limits'
import { count, money, percent, signedMoney } from '@/lib/format/numbers'
import { ago, dateTime, hourMinute } from '@/lib/format/time'
import { limitName } from '@/lib/format/words'
import { useNow } from '@/lib/preferences/now'
import { useZone } from '@/lib/preferences/zone'
import { useMarketMinute } from '@/lib/stream/link'
import { Badge, EnvironmentBadge } from '@/ui/Badge'
import { cx } from '@/ui/classes'
import { Panel } from '@/ui/Panel'
import { Pnl } from '@/ui/Pnl'
import { UsedBar } from '@/ui/UsedBar'

const DAY = 86_400_000
const MINUTE = 60_000
/** Balances older than this are no longer what a decision would be made on. */
const STALE_MS = 120_000
const WIDTH = 600
const HEIGHT = 72
const BARS = ['max_portfolio_heat', 'max_open_risk_percent', 'max_daily_loss_percent', 'max_drawdown_percent'] as const

function Cell({
  term,
  note,
  children,
}: {
  readonly term: string
  readonly note?: ReactNode
  readonly children: ReactNode
}) {
  return (
    <div className="min-w-0">
      <dt className="text-xs text-mid">{term}</dt>
      <dd className="text-base font-semibold">{children}</dd>
      {note && <dd className="num text-2xs text-low">{note}</dd>}
    </div>
  )
}

/** The last day as a line; the words beside it say the same. */
function Line({ line }: { readonly line: Equity }) {
  if (line.at_ms.length < 2) {
    return <p className="text-2xs text-low">No line yet: equity is written down every five minutes of market time.</p>
  }
  return (
    <svg
      aria-hidden="true"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      className="h-14 w-full border-b border-line"
    >
      <path
        d={linePath(line.at_ms, line.equity, scaleOf(line.equity), WIDTH, HEIGHT)}
        fill="none"
        stroke="currentColor"
        className="text-fg"
        strokeWidth="1.5"
        vectorEffect="non-scaling-stroke"
      />
    </svg>
  )
}

/** What the day's figure counts: snapshots, of which the newest may be minutes old. */
function dayNote(since: Portfolio | undefined, zone: string): string {
  if (since === undefined) return 'being read'
  if (since.profit) return `to ${hourMinute(since.as_of, zone)}, without deposits`
  return since.last_equity ? 'one snapshot so far' : 'no snapshot so far'
}

function Traded({ portfolio }: { readonly portfolio: Portfolio | undefined }) {
  if (portfolio === undefined) return <Cell term="Closed in 24 h">–</Cell>
  const { trades, won, lost, net_pnl: net } = portfolio
  return (
    <Cell
      term="Closed in 24 h"
      note={trades === 0 ? 'no trade closed' : `${count(trades)} trades: ${count(won)} won, ${count(lost)} lost`}
    >
      {trades === 0 ? '0' : <Pnl value={net} />}
    </Cell>
  )
}

function AsOf({ risk }: { readonly risk: EnvironmentRisk }) {
  const now = useNow()
  if (risk.as_of === null) return <Badge tone="warn">balance not known</Badge>
  const old = now - Date.parse(risk.as_of) > STALE_MS
  return old ? <Badge tone="warn">stale, {ago(risk.as_of, now)}</Badge> : null
}

/** What the panel is as high as, so that nothing below moves when its figures come. */
export const MONEY_HEIGHT = 'min-h-124 sm:min-h-84 lg:min-h-58'

/** One environment's money: equity now and since yesterday, what is at risk, and how much of the limits that uses. */
export const MoneyPanel = memo(function MoneyPanel(props: {
  readonly risk: EnvironmentRisk
  readonly wallets: ReadonlyArray<Wallet> | undefined
}) {
  const { risk } = props
  const { environment } = risk
  const zone = useZone()
  const market = useMarketMinute()
  const asked = useMemo(() => {
    const end = Math.ceil((market ?? 0) / MINUTE) * MINUTE
    return { environment, from: new Date(end - DAY).toISOString(), to: new Date(end).toISOString() }
  }, [environment, market])
  const known = market !== null
  const portfolio = useQuery({ ...portfolioQuery(asked), enabled: known })
  const equity = useQuery({ ...equityQuery(asked), enabled: known })
  const own = (props.wallets ?? []).filter((one) => one.environment === environment && one.status === 'active')
  const read = own.filter((one) => one.equity !== null)
  const since = portfolio.data
  const first = equity.data?.at_ms[0]
  const uses = BARS.flatMap((name) => limitOf(risk, name) ?? [])
  const most = limitOf(risk, 'max_open_positions')?.limit ?? null
  return (
    <Panel
      className={MONEY_HEIGHT}
      title={environment === 'live' ? 'Real money' : 'Paper money'}
      aside={
        <span className="flex items-center gap-2">
          <AsOf risk={risk} />
          {read.length < own.length && (
            <Badge tone="warn">
              {read.length} of {own.length} wallets
            </Badge>
          )}
          <EnvironmentBadge environment={environment} />
        </span>
      }
    >
      <div className="grid gap-4 p-3 lg:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
        <div className="min-w-0 space-y-3">
          <dl className="num grid grid-cols-2 gap-x-4 gap-y-3 sm:grid-cols-3 xl:grid-cols-5">
            <div className="col-span-2 min-w-0 sm:col-span-1">
              <dt className="text-xs text-mid">Equity</dt>
              <dd className={cx('text-lg font-semibold', risk.equity === null && 'text-mid')}>
                {risk.equity === null ? 'Not known' : money(risk.equity)}
              </dd>
            </div>
            <Cell
              term="In 24 h"
              note={
                portfolio.error ? 'could not be read' : known ? dayNote(since, zone) : 'waits for the market’s clock'
              }
            >
              {since?.profit ? <Pnl value={since.profit} /> : '–'}
            </Cell>
            <Cell term="Today" note={`since 00:00 ${risk.time_zone}`}>
              <Pnl value={risk.day_pnl} />
            </Cell>
            <Traded portfolio={since} />
            <Cell
              term="If all stops hit"
              note={`${count(risk.open_positions)}${most === null ? '' : ` of ${count(most)}`} positions open`}
            >
              {risk.open_risk === null ? 'not known' : signedMoney(negate(risk.open_risk))}
            </Cell>
          </dl>
          <div className="min-h-22">
            {equity.data && <Line line={equity.data} />}
            {equity.data && equity.data.at_ms.length > 1 && (
              <p className="num text-2xs text-low">
                Equity since {dateTime(first ?? null, zone).slice(0, 16)}, market time: from{' '}
                {money(equity.data.equity[0])} to {money(equity.data.equity.at(-1))}; deepest drawdown{' '}
                {percent(Math.max(...equity.data.drawdown_percent))}.
              </p>
            )}
          </div>
        </div>
        <div className="grid content-start gap-3 sm:grid-cols-2 lg:grid-cols-1">
          {uses.map((use) => (
            <UsedBar
              key={use.name}
              label={limitName(use.name)}
              fraction={usedFraction(use)}
              text={
                use.limit === null
                  ? `${inUnit(use.used, use.unit)}, no limit`
                  : `${inUnit(use.used, use.unit)} of ${inUnit(use.limit, use.unit)}`
              }
              tripped={use.tripped}
              known={use.used !== null}
            />
          ))}
        </div>
      </div>
    </Panel>
  )
})
