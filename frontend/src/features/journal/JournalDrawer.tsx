import { useQuery } from '@tanstack/react-query'
import { Suspense } from 'react'
import { tradeQuery } from '@/lib/api/queries'
import type { Execution, TradeDetail } from '@/lib/api/types'
import { basisPoints, count, exactMoney, figure, money, percent, plain, price, rMultiple } from '@/lib/format/numbers'
import { dateTime, duration } from '@/lib/format/time'
import { exitReason, shortSymbol, tradeStatus, venueName, words } from '@/lib/format/words'
import { useZone } from '@/lib/preferences/zone'
import { EnvironmentBadge, SideBadge } from '@/ui/Badge'
import { Facts } from '@/ui/Facts'
import { Drawer } from '@/ui/Modal'
import { Panel } from '@/ui/Panel'
import { Pnl } from '@/ui/Pnl'
import { part } from '@/ui/part'
import { Skeleton } from '@/ui/Skeleton'
import { Surface } from '@/ui/Surface'
import { ExecutionStatus, realises } from './columns'
import { routeWords } from './quality-words'

const JournalChart = part(() => import('./JournalChart'))
const OrderTimeline = part(() => import('./OrderTimeline').then((module) => ({ default: module.OrderTimeline })))
const TradeNotes = part(() => import('./TradeNotes').then((module) => ({ default: module.TradeNotes })))

const OUTCOMES: Record<string, string> = {
  answered: 'the venue answered',
  looked_up: 'it was looked up: the answer was lost',
  refused: 'we refused it: nothing was sent',
  observed: 'a resting order changed',
}

function milliseconds(value: string | null): string {
  return value === null ? '–' : `${figure(value, 1)} ms`
}

function bookThen(row: Execution): string {
  if (row.spread_bps === null) return '–'
  const within = row.market_liquidity === null ? '' : `, ${money(row.market_liquidity, 0)} within the cap`
  const expected = row.expected_slippage_bps === null ? '' : `, ${basisPoints(row.expected_slippage_bps)} expected`
  return `spread ${figure(row.spread_bps, 1)} bp${within}${expected}`
}

function ExecutionFacts({ row }: { readonly row: Execution }) {
  const zone = useZone()
  return (
    <Panel title="Execution" aside={<ExecutionStatus status={row.status} />}>
      <Facts
        className="p-3"
        facts={[
          ['Action', words(row.action)],
          ['Order', `${words(row.order_type)} ${row.side ?? ''}`],
          ['Requested', `${plain(row.requested_size)} at ${price(row.requested_price)}`],
          ['Filled', `${plain(row.filled_size)} at ${price(row.executed_price)} (${percent(row.fill_percent, 1)})`],
          ['Slippage', `${basisPoints(row.slippage_bps)} (${percent(row.slippage_percent, 4)}), adverse when positive`],
          ['Fees', exactMoney(row.fees_paid)],
          ['Realised P&L', realises(row) ? <Pnl key="pnl" value={row.realized_pnl} /> : '–'],
          ['Route', routeWords(row.route, row.route_reason) ?? '–'],
          ['Known because', row.outcome === null ? '–' : (OUTCOMES[row.outcome] ?? words(row.outcome))],
          ['Book then', bookThen(row)],
          [
            'Volatility then',
            row.market_volatility === null ? '–' : `${figure(row.market_volatility, 2)} bp in a second`,
          ],
          ['Took', row.execution_time_ms === null ? '–' : `${count(row.execution_time_ms)} ms`],
          ['Gate, network, venue', [row.gate_ms, row.network_ms, row.venue_ms].map(milliseconds).join(', ')],
          ['Venue', row.venue === null ? '–' : venueName(row.venue)],
          ['Order id there', row.exchange_order_id ?? '–'],
          ['Retries', String(row.retry_count)],
          ['Market time', dateTime(row.market_time, zone)],
          ['Recorded', dateTime(row.timestamp, zone)],
        ]}
      />
      {row.error_message && <p className="px-3 pb-3 font-semibold text-crit">‼ {row.error_message}</p>}
    </Panel>
  )
}

function held(trade: TradeDetail): string {
  if (trade.opened_at === null || trade.closed_at === null) return '–'
  return duration(new Date(trade.closed_at).getTime() - new Date(trade.opened_at).getTime())
}

/** "12.50 USDT, 0.40 %, 0.62 R"; known soon after the close. */
function excursion(trade: TradeDetail, way: 'adverse' | 'favourable'): string {
  const found = trade.excursions
  if (found === null) return '–'
  return [exactMoney(found[way]), percent(found[`${way}_percent`]), rMultiple(found[`${way}_r`])]
    .filter((one) => one !== '–')
    .join(', ')
}

function TradeFacts({ trade }: { readonly trade: TradeDetail }) {
  const zone = useZone()
  return (
    <Panel title="Trade">
      <Facts
        className="p-3"
        facts={[
          ['Status', tradeStatus(trade.status)],
          [
            trade.status === 'CLOSED' ? 'Net P&L' : 'Booked so far, net of fees and funding',
            <Pnl key="net" value={trade.net_pnl} />,
          ],
          [trade.status === 'CLOSED' ? 'R' : 'R of what is still open, unrealised', rMultiple(trade.r_multiple)],
          ['Realised', exactMoney(trade.realized_pnl)],
          ['Fees', exactMoney(trade.fees)],
          ['Funding', exactMoney(trade.funding)],
          ['Entry', price(trade.entry_price)],
          ['Exit', price(trade.exit_price)],
          ['Exit reason', exitReason(trade.exit_reason)],
          ['First stop → last stop', `${price(trade.initial_stop_price)} → ${price(trade.stop_price)}`],
          ['Initial risk (1R)', exactMoney(trade.risk_amount)],
          ['Ran against you (MAE)', excursion(trade, 'adverse')],
          ['Ran for you (MFE)', excursion(trade, 'favourable')],
          ['Slippage of the entry', basisPoints(trade.slippage_bps)],
          ['Opened', dateTime(trade.opened_at, zone)],
          ['Closed', dateTime(trade.closed_at, zone)],
          ['Held (market time)', held(trade)],
        ]}
      />
    </Panel>
  )
}

function SignalFacts({ trade }: { readonly trade: TradeDetail }) {
  return (
    <Panel title="The signal and its reason">
      <Facts
        className="p-3 pb-1"
        facts={[
          ['Strategy', `${words(trade.strategy)} on ${trade.timeframe}`],
          ['Confidence', figure(trade.signal_confidence, 2)],
          ['Wallet', trade.wallet_name],
        ]}
      />
      <p className="px-3 pb-3">{trade.reason ?? 'No reason was recorded.'}</p>
    </Panel>
  )
}

interface Props {
  readonly tradeId: string | undefined
  /** The line of the log that was opened, where it was one. */
  readonly rowId: string | undefined
  /** The line as the table has it. */
  readonly row: Execution | undefined
  readonly onClose: () => void
}

/** One execution or trade whole: figures, the order's timeline with fills, and the signal that caused it. */
export function JournalDrawer({ tradeId, rowId, row, onClose }: Props) {
  const query = useQuery({ ...tradeQuery(tradeId ?? ''), enabled: tradeId !== undefined })
  const line = row ?? query.data?.logs.find((log) => log.id === rowId)
  const symbol = line?.symbol ?? query.data?.symbol
  return (
    <Drawer
      open
      onClose={onClose}
      title={
        <>
          {rowId ? 'Execution' : 'Trade'}
          {symbol ? `: ${shortSymbol(symbol)}` : ''}
          {query.data && <SideBadge side={query.data.side} />}
          {query.data && <EnvironmentBadge environment={query.data.environment} />}
        </>
      }
    >
      <div className="space-y-3">
        {line && <ExecutionFacts row={line} />}
        {tradeId === undefined ? (
          <p className="text-mid">This line belongs to no trade.</p>
        ) : (
          <Surface
            query={query}
            what="The trade"
            loading={<Skeleton label="Loading trade" rows={8} />}
            className="space-y-3"
          >
            {(trade) => (
              <>
                {trade.opened_at !== null && (
                  <Suspense fallback={<Skeleton label="Loading chart" rows={6} className="h-96" />}>
                    <JournalChart trade={trade} />
                  </Suspense>
                )}
                <Panel title={line ? 'Order timeline' : 'Orders and fills'}>
                  <Suspense fallback={<Skeleton label="Loading orders" rows={4} />}>
                    <OrderTimeline
                      orders={trade.orders}
                      fills={trade.fills}
                      logs={trade.logs}
                      only={line?.client_order_id ?? null}
                    />
                  </Suspense>
                </Panel>
                <Suspense fallback={<Skeleton label="Loading notes" rows={3} />}>
                  <TradeNotes tradeId={trade.id} />
                </Suspense>
                <SignalFacts trade={trade} />
                <TradeFacts trade={trade} />
              </>
            )}
          </Surface>
        )}
      </div>
    </Drawer>
  )
}
