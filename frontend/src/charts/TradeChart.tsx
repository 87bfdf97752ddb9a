import { useQuery } from '@tanstack/react-query'
import { Suspense, useMemo } from 'react'
import { candlesQuery } from '@/lib/api/queries'
import type { PositionDetail } from '@/lib/api/types'
import { forDrawing, placesOf } from '@/lib/format/decimal'
import { priceDigits } from '@/lib/format/numbers'
import { plural } from '@/lib/format/words'
import { useZone } from '@/lib/preferences/zone'
import { useLinkState } from '@/lib/stream/link'
import { ErrorState } from '@/ui/ErrorState'
import { part } from '@/ui/part'
import { Skeleton } from '@/ui/Skeleton'
import { barsOf, exitMarks, stopPath, TIMEFRAME_SECONDS } from './candles'

const CandleChart = part(() => import('./CandleChart'))
/** Bars drawn before the entry and after the close of a trade that is over. */
const AROUND = 40
const MOST_BARS = 1500
const LEAST_BARS = 120

interface Props {
  readonly position: PositionDetail
  readonly tick?: string | undefined
  /** When it was closed, market time; null while it is open. */
  readonly closedAt: string | null
  /** The figure in words. */
  readonly summary: string
}

/** The link that the chart library's licence asks for. */
export function ChartNotice() {
  return (
    <a
      href="https://www.tradingview.com/"
      target="_blank"
      rel="noopener noreferrer"
      className="inline-flex min-h-6 items-center text-2xs text-mid underline pointer-coarse:min-h-11"
    >
      Charts by TradingView
    </a>
  )
}

function secondsOf(instant: string | null): number | null {
  return instant === null ? null : Math.floor(new Date(instant).getTime() / 1000)
}

/** Which bars show a trade that is over: from before its entry to after its close. */
export function barsAsked(openedAt: string | null, closedAt: string | null, seconds: number) {
  if (closedAt === null) return {}
  const closed = secondsOf(closedAt) ?? 0
  const held = openedAt === null ? 0 : closed - (secondsOf(openedAt) ?? closed)
  const limit = Math.min(MOST_BARS, Math.max(LEAST_BARS, Math.ceil(held / seconds) + 2 * AROUND))
  return { until: new Date((closed + AROUND * seconds) * 1000).toISOString(), limit }
}

/** A trade on its bars: entry, the stop's path, parts and exits. */
export function TradeChart({ position, tick, closedAt, summary }: Props) {
  const zone = useZone()
  const live = useLinkState() === 'live' && closedAt === null
  const seconds = TIMEFRAME_SECONDS[position.timeframe] ?? 60
  const asked = barsAsked(position.opened_at, closedAt, seconds)
  const candles = useQuery(candlesQuery(position.venue, position.symbol, position.timeframe, asked))
  const bars = useMemo(() => barsOf(candles.data ?? []), [candles.data])
  const stops = useMemo(
    () => stopPath(position.stop_history, bars, seconds, secondsOf(closedAt)),
    [position.stop_history, seconds, bars, closedAt],
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
  if (bars.length === 0) return <p className="p-4 text-mid">The venue has no bars for this symbol at that time.</p>
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
        summary={`${position.timeframe} candles. ${summary} The stop moved ${plural(Math.max(0, position.stop_history.length - 1), 'time')}.`}
      />
    </Suspense>
  )
}
