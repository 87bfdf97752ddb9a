import {
  type AutoscaleInfo,
  CandlestickSeries,
  createChart,
  createSeriesMarkers,
  type IChartApi,
  type ISeriesApi,
  LineSeries,
  LineStyle,
  LineType,
  type UTCTimestamp,
} from 'lightweight-charts'
import { useEffect, useRef } from 'react'
import { forDrawing } from '@/lib/format/decimal'
import { onQuote, quoteOf } from '@/lib/stream/prices'
import type { Bar, ExitMark, Point } from './candles'
import { cssVariable, useThemeKey } from './theme'

export interface ChartLevels {
  readonly side: 'long' | 'short'
  readonly entry: number | null
  readonly stop: number | null
  readonly target: number | null
  /** Market time of the entry, seconds. */
  readonly openedAt: number | null
}

interface Props {
  readonly symbol: string
  readonly bars: ReadonlyArray<Bar>
  readonly stops: ReadonlyArray<Point>
  readonly exits: ReadonlyArray<ExitMark>
  readonly levels: ChartLevels
  readonly digits: number
  readonly zone: string
  readonly summary: string
  /** The last bar follows the live price. */
  readonly live: boolean
}

const at = (seconds: number) => seconds as UTCTimestamp

function makeChart(element: HTMLElement, zone: string): IChartApi {
  const line = cssVariable('--line')
  const clock = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    month: 'short',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  })
  const hours = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  })
  const days = new Intl.DateTimeFormat('en-GB', { timeZone: zone, day: 'numeric', month: 'short' })
  return createChart(element, {
    autoSize: true,
    layout: {
      attributionLogo: false,
      background: { color: cssVariable('--surface-1') },
      textColor: cssVariable('--fg-mid'),
      fontFamily: 'Inter Variable, system-ui, sans-serif',
      fontSize: 11,
    },
    localization: { timeFormatter: (time: number) => clock.format(time * 1000) },
    grid: { vertLines: { color: line }, horzLines: { color: line } },
    timeScale: {
      timeVisible: true,
      borderColor: line,
      rightOffset: 4,
      tickMarkFormatter: (time: number, kind: number) => (kind < 3 ? days : hours).format(time * 1000),
    },
    rightPriceScale: { borderColor: line },
    handleScroll: { mouseWheel: false },
    handleScale: { mouseWheel: false },
  })
}

/** Hollow when rising and filled when falling, so that direction survives without hue. */
function addCandles(chart: IChartApi, levels: ChartLevels, digits: number): ISeriesApi<'Candlestick'> {
  const [up, down] = [cssVariable('--profit'), cssVariable('--loss')]
  // Price lines take no part in autoscale: keep entry, stop and target in sight.
  const near = [levels.entry, levels.stop, levels.target].filter((price) => price !== null)
  const series = chart.addSeries(CandlestickSeries, {
    upColor: cssVariable('--surface-1'),
    borderUpColor: up,
    wickUpColor: up,
    downColor: down,
    borderDownColor: down,
    wickDownColor: down,
    priceLineColor: cssVariable('--fg-mid'),
    priceFormat: { type: 'price', precision: digits, minMove: 1 / 10 ** digits },
    autoscaleInfoProvider: (base: () => AutoscaleInfo | null) => {
      const info = base()
      if (!info?.priceRange) return info
      const { minValue, maxValue } = info.priceRange
      return { ...info, priceRange: { minValue: Math.min(minValue, ...near), maxValue: Math.max(maxValue, ...near) } }
    },
  })
  const line = (price: number | null, title: string, color: string, lineStyle: LineStyle) => {
    if (price !== null) series.createPriceLine({ price, color, lineStyle, lineWidth: 1, title })
  }
  line(levels.entry, 'Entry', cssVariable('--fg-mid'), LineStyle.Dotted)
  line(levels.target, 'Target', up, LineStyle.SparseDotted)
  return series
}

function addStops(chart: IChartApi, stops: ReadonlyArray<Point>): void {
  const series = chart.addSeries(LineSeries, {
    lineType: LineType.WithSteps,
    lineStyle: LineStyle.Dashed,
    lineWidth: 2,
    color: cssVariable('--warn'),
    title: 'Stop',
    priceLineVisible: false,
    crosshairMarkerVisible: false,
  })
  series.setData(stops.map((point) => ({ time: at(point.time), value: point.value })))
}

/** The entry and whatever left, each at its bar; marks before the first bar are left out. */
function addMarkers(
  series: ISeriesApi<'Candlestick'>,
  levels: ChartLevels,
  exits: ReadonlyArray<ExitMark>,
  bars: ReadonlyArray<Bar>,
): void {
  const entries = levels.openedAt === null ? [] : [{ time: levels.openedAt, text: 'Entry' }]
  const up = levels.side === 'long'
  const marks = [...entries, ...exits].flatMap((mark, index) => {
    const bar = bars.filter((one) => one.time <= mark.time).at(-1)
    if (bar === undefined) return []
    const buys = index < entries.length ? up : !up
    return [
      {
        time: at(bar.time),
        position: buys ? ('belowBar' as const) : ('aboveBar' as const),
        shape: buys ? ('arrowUp' as const) : ('arrowDown' as const),
        color: cssVariable('--fg'),
        text: mark.text,
      },
    ]
  })
  createSeriesMarkers(
    series,
    marks.sort((a, b) => Number(a.time) - Number(b.time)),
  )
}

function follow(symbol: string, series: ISeriesApi<'Candlestick'>, last: Bar): () => void {
  let bar = last
  return onQuote(symbol, () => {
    const quote = quoteOf(symbol)
    if (quote === undefined) return
    const close = forDrawing(quote.mark)
    bar = { ...bar, close, high: Math.max(bar.high, close), low: Math.min(bar.low, close) }
    series.update({ ...bar, time: at(bar.time) })
  })
}

/** From thirty bars before the entry, yet at least sixty bars and at most the lot; counted from the newest bar. */
function firstView(bars: ReadonlyArray<Bar>, openedAt: number | null): { from: number; to: number } {
  const entryBar = openedAt === null ? -1 : bars.findIndex((bar) => bar.time >= openedAt)
  const from = entryBar < 0 ? bars.length - 120 : Math.min(entryBar - 30, bars.length - 60)
  return { from: Math.max(0, from) - bars.length, to: 3 }
}

export function CandleChart({ symbol, bars, stops, exits, levels, digits, zone, summary, live }: Props) {
  const theme = useThemeKey()
  const box = useRef<HTMLDivElement>(null)
  /** What the reader was looking at, counted back from the newest bar, kept when the chart is rebuilt. */
  const view = useRef<{ symbol: string; from: number; to: number } | null>(null)
  const { side, entry, stop, target, openedAt } = levels
  // biome-ignore lint/correctness/useExhaustiveDependencies: theme is read through CSS variables
  useEffect(() => {
    const element = box.current
    if (element === null) return
    const chart = makeChart(element, zone)
    const known = { side, entry, stop, target, openedAt }
    const series = addCandles(chart, known, digits)
    series.setData(bars.map((bar) => ({ ...bar, time: at(bar.time) })))
    if (stops.length > 0) addStops(chart, stops)
    addMarkers(series, known, exits, bars)
    const kept = view.current?.symbol === symbol ? view.current : null
    const range = kept ?? firstView(bars, openedAt)
    chart.timeScale().setVisibleLogicalRange({ from: bars.length + range.from, to: bars.length + range.to })
    const last = bars.at(-1)
    const release = live && last !== undefined ? follow(symbol, series, last) : undefined
    return () => {
      const seen = chart.timeScale().getVisibleLogicalRange()
      view.current = seen && { symbol, from: seen.from - bars.length, to: seen.to - bars.length }
      release?.()
      chart.remove()
    }
  }, [symbol, bars, stops, exits, side, entry, stop, target, openedAt, digits, zone, live, theme])
  return (
    <figure className="m-0">
      <div ref={box} className="h-72 md:h-96" aria-hidden="true" />
      <figcaption className="px-3 py-2 text-2xs text-mid">{summary}</figcaption>
    </figure>
  )
}

export default CandleChart
