import { useQuery } from '@tanstack/react-query'
import { lazy, Suspense, useMemo } from 'react'
import { barsOf, exitMarks, stopPath, TIMEFRAME_SECONDS } from '@/charts/candles'
import { StopRuler } from '@/charts/StopRuler'
import { candlesQuery, positionQuery } from '@/lib/api/queries'
import type { PositionDetail } from '@/lib/api/types'
import { forDrawing, placesOf } from '@/lib/format/decimal'
import { figure, money, plain, price, priceDigits, rMultiple } from '@/lib/format/numbers'
import { dateTime } from '@/lib/format/time'
import { shortSymbol, tradeStatus, words } from '@/lib/format/words'
import { useZone } from '@/lib/preferences/zone'
import { useLinkState } from '@/lib/stream/link'
import { useQuote } from '@/lib/stream/prices'
import { EnvironmentBadge, SideBadge } from '@/ui/Badge'
import { ErrorState } from '@/ui/ErrorState'
import { Facts } from '@/ui/Facts'
import { Drawer } from '@/ui/Modal'
import { Panel } from '@/ui/Panel'
import { Pnl } from '@/ui/Pnl'
import { Skeleton } from '@/ui/Skeleton'
import { Surface } from '@/ui/Surface'
import { ExitButton } from './ExitButton'
import { HealthButton } from './HealthButton'
import { marked } from './marking'
import { protectionWords, rulerSummary, stopHasMoved, trailingWords } from './position-words'

const CandleChart = lazy(() => import('@/charts/CandleChart'))
const ATTRIBUTION = (
  <a
    href="https://www.tradingview.com/"
    target="_blank"
    rel="noopener noreferrer"
    className="inline-flex min-h-6 items-center text-2xs text-mid underline pointer-coarse:min-h-11"
  >
    Charts by TradingView
  </a>
)

function secondsOf(instant: string | null): number | null {
  return instant === null ? null : Math.floor(new Date(instant).getTime() / 1000)
}

function Chart({ position, tick }: { readonly position: PositionDetail; readonly tick: string | undefined }) {
  const zone = useZone()
  const live = useLinkState() === 'live'
  const candles = useQuery(candlesQuery(position.venue, position.symbol, position.timeframe))
  const bars = useMemo(() => barsOf(candles.data ?? []), [candles.data])
  const stops = useMemo(
    () => stopPath(position.stop_history, bars, TIMEFRAME_SECONDS[position.timeframe] ?? 60),
    [position.stop_history, position.timeframe, bars],
  )
  const exits = useMemo(() => exitMarks(position.events), [position.events])
  const num = (value: string | null) => (value === null ? null : forDrawing(value))
  const entry = position.entry_price
  if (candles.error) {
    return (
      <ErrorState what="Candles could not be loaded" error={candles.error} onRetry={() => void candles.refetch()} />
    )
  }
  if (candles.isPending) return <Skeleton label="Loading chart" rows={6} className="h-96" />
  if (bars.length === 0) return <p className="p-4 text-mid">The venue has no bars for this symbol yet.</p>
  return (
    <Suspense fallback={<Skeleton label="Loading chart" rows={6} className="h-96" />}>
      <CandleChart
        symbol={position.symbol}
        bars={bars}
        stops={stops}
        exits={exits}
        levels={{
          side: position.side,
          entry: num(entry),
          stop: num(position.stop_price),
          target: num(position.take_profit_price),
          openedAt: secondsOf(position.opened_at),
        }}
        digits={tick ? placesOf(tick) : priceDigits(entry ?? '100')}
        zone={zone}
        live={live}
        summary={`${position.timeframe} candles. ${rulerSummary(position, position.mark_price, tick)} The stop moved ${Math.max(0, position.stop_history.length - 1)} times.`}
      />
    </Suspense>
  )
}

function Events({ position, tick }: { readonly position: PositionDetail; readonly tick: string | undefined }) {
  const zone = useZone()
  const moves = position.stop_history.map((move) => ({ at: move.at, text: `Stop at ${price(move.stop_price, tick)}` }))
  const events = position.events.map((event) => ({ at: event.at, text: event.message || words(event.kind) }))
  const rules = position.reactions.map((one) => ({
    at: one.at,
    text: `${words(one.rule)} at ${price(one.mark_price, tick)}${one.action === 'move_stop' ? `: stop to ${price(one.stop_price, tick)}` : ''}`,
  }))
  const all = [...(events.length > 0 ? [] : moves), ...rules, ...events].sort((a, b) => b.at.localeCompare(a.at))
  if (all.length === 0) return <p className="p-3 text-mid">Nothing has happened to this position yet.</p>
  return (
    <ol className="max-h-80 divide-y divide-line overflow-auto">
      {all.map((event, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: two events may share moment and text
        <li key={`${event.at}${index}`} className="flex gap-3 px-3 py-1.5">
          <time dateTime={event.at} className="num shrink-0 text-mid">
            {dateTime(event.at, zone)}
          </time>
          <span>{event.text}</span>
        </li>
      ))}
    </ol>
  )
}

function Body({ position, tick }: { readonly position: PositionDetail; readonly tick: string | undefined }) {
  const zone = useZone()
  const quote = useQuote(position.symbol)
  const closed = position.status === 'CLOSED'
  const live = marked(position, closed ? undefined : quote?.mark)
  const { entry_price: entry, initial_stop_price: initial, stop_price: stop } = position
  return (
    <div className="space-y-3">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <Pnl value={live.pnl} percent={live.percent} className="text-lg font-semibold" />
        <span className="num text-mid">{rMultiple(live.r)}</span>
        {position.health && <HealthButton health={position.health} subject={shortSymbol(position.symbol)} />}
        {live.byClient && (
          <span className="text-2xs text-low">marked here at the live price, before closing costs</span>
        )}
        {!closed && <ExitButton position={position} pnl={live.pnl} className="ml-auto" />}
      </div>
      {entry !== null && initial !== null && stop !== null && live.mark !== null && (
        <StopRuler
          side={position.side}
          entry={entry}
          initialStop={initial}
          stop={stop}
          target={position.take_profit_price}
          mark={live.mark}
          trailed={stopHasMoved(position)}
          partsTaken={position.scale_out_step}
          summary={rulerSummary(position, live.mark, tick)}
        />
      )}
      <Panel title={`${shortSymbol(position.symbol)} · ${position.timeframe} · stop path`} aside={ATTRIBUTION}>
        <Chart position={position} tick={tick} />
      </Panel>
      <div className="grid gap-3 md:grid-cols-2">
        <Panel title="Figures">
          <Facts
            className="p-3"
            facts={[
              ['Status', tradeStatus(position.status)],
              ['Protection', protectionWords(position)],
              ['Mark', price(live.mark, tick)],
              ['Entry', price(entry, tick)],
              ['First stop', price(initial, tick)],
              ['Stop now', price(stop, tick)],
              ['Target', price(position.take_profit_price, tick)],
              ['Quantity', plain(position.quantity)],
              ['Initial risk (1R)', money(position.risk_amount)],
              ['At risk now', money(position.open_risk)],
              ['Trailing', trailingWords(position, tick)],
              ['Opened (market time)', dateTime(position.opened_at, zone)],
              ['Next rule', position.next_rule ?? '–'],
            ]}
          />
        </Panel>
        <Panel title="Why it was opened">
          <Facts
            className="p-3"
            facts={[
              ['Strategy', `${words(position.strategy)} on ${position.timeframe}`],
              ['Confidence', figure(position.signal_confidence, 2)],
              ['Wallet', position.wallet_name],
            ]}
          />
          <p className="px-3 pb-3">{position.reason ?? 'No reason was recorded.'}</p>
        </Panel>
      </div>
      <Panel title="Events">
        <Events position={position} tick={tick} />
      </Panel>
    </div>
  )
}

interface Props {
  readonly id: string
  readonly ticks: ReadonlyMap<string, string>
  readonly onClose: () => void
}

/** One position whole: chart with the stepped stop, figures, the signal's reason and what happened. */
export function PositionDrawer({ id, ticks, onClose }: Props) {
  const query = useQuery(positionQuery(id))
  const position = query.data
  const title = position === undefined ? 'Position' : shortSymbol(position.symbol)
  return (
    <Drawer
      open
      wide
      onClose={onClose}
      title={
        <>
          {title}
          {position && <SideBadge side={position.side} />}
          {position && <EnvironmentBadge environment={position.environment} />}
        </>
      }
    >
      <Surface query={query} what="The position" loading={<Skeleton label="Loading position" rows={8} />}>
        {(data) => <Body position={data} tick={ticks.get(data.symbol)} />}
      </Surface>
    </Drawer>
  )
}
