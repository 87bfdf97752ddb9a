// From the API's rows to what the canvas draws. Floats are for pixels only.
import type { Candle, StopMove, TradeEvent } from '@/lib/api/types'
import { forDrawing } from '@/lib/format/decimal'

export interface Bar {
  readonly time: number
  readonly open: number
  readonly high: number
  readonly low: number
  readonly close: number
}

export interface Point {
  readonly time: number
  readonly value: number
}

export const TIMEFRAME_SECONDS: Record<string, number> = { '1m': 60, '5m': 300, '15m': 900, '1h': 3600, '4h': 14_400 }

/** Bars in seconds of market time, oldest first, one per moment. */
export function barsOf(candles: ReadonlyArray<Candle>): Bar[] {
  const byTime = new Map<number, Bar>()
  for (const [openMs, open, high, low, close] of candles) {
    const time = Math.floor(openMs / 1000)
    const prices = [open, high, low, close].map(forDrawing) as [number, number, number, number]
    byTime.set(time, { time, open: prices[0], high: prices[1], low: prices[2], close: prices[3] })
  }
  return [...byTime.values()].sort((a, b) => a.time - b.time)
}

export interface ExitMark {
  /** Seconds of market time. */
  readonly time: number
  readonly text: string
}

const EXITS: Record<string, string> = { scale_out: 'Part out', exit: 'Exit', stop_filled: 'Stop filled' }

/** Where quantity left the position, out of its events: filled parts, exits and stops. */
export function exitMarks(events: ReadonlyArray<TradeEvent>): ExitMark[] {
  return events.flatMap((event) => {
    const text = EXITS[event.kind]
    return text !== undefined && / filled/.test(` ${event.message}`)
      ? [{ time: Math.floor(new Date(event.at).getTime() / 1000), text }]
      : []
  })
}

function barOf(at: number, seconds: number): number {
  return Math.floor(at / seconds) * seconds
}

function barStart(at: string, seconds: number): number {
  return barOf(new Date(at).getTime() / 1000, seconds)
}

/**
 * The stop as a step line on the bars' grid: the last move within a bar stands for it, and the line runs to the last bar,
 * or to the bar of the close where the trade is over.
 */
export function stopPath(
  moves: ReadonlyArray<StopMove>,
  bars: ReadonlyArray<Bar>,
  seconds: number,
  closedAt: number | null = null,
): Point[] {
  const points = new Map<number, number>()
  for (const move of [...moves].sort((a, b) => a.at.localeCompare(b.at))) {
    points.set(barStart(move.at, seconds), forDrawing(move.stop_price))
  }
  const first = bars[0]?.time
  const newest = bars.at(-1)?.time
  const last = newest === undefined || closedAt === null ? newest : Math.min(newest, barOf(closedAt, seconds))
  const path = [...points].map(([time, value]) => ({ time, value })).sort((a, b) => a.time - b.time)
  const end = path.at(-1)
  if (end !== undefined && last !== undefined && last > end.time) path.push({ time: last, value: end.value })
  if (first === undefined) return path
  // Moves before the first bar shown count as being there at its start.
  const before = path.filter((point) => point.time < first).at(-1)
  const shown = path.filter((point) => point.time >= first)
  return before !== undefined && shown[0]?.time !== first ? [{ time: first, value: before.value }, ...shown] : shown
}
