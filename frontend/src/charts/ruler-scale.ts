// Where things stand between losing and winning: positions on the stop ruler, 0 at the losing end, 100 at the winning.
import { forDrawing } from '@/lib/format/decimal'

export interface RulerPrices {
  readonly side: 'long' | 'short'
  readonly entry: string
  readonly initialStop: string
  readonly stop: string
  readonly target: string | null
  readonly mark: string
  /** How many parts have been left at 1R, 2R, 3R. */
  readonly partsTaken: number
}

export interface Tick {
  readonly label: string
  readonly at: number
  /** The part of this step was taken. */
  readonly taken: boolean
}

export interface RulerScale {
  readonly entry: number
  readonly initialStop: number
  readonly stop: number
  readonly mark: number
  readonly target: number | null
  readonly ticks: ReadonlyArray<Tick>
  readonly winning: boolean
}

const EDGE = 4

/** Percent positions of everything on the ruler; null where entry and first stop are equal, so R is undefined. */
export function rulerScale(prices: RulerPrices): RulerScale | null {
  const direction = prices.side === 'long' ? 1 : -1
  const entry = forDrawing(prices.entry)
  const r = Math.abs(entry - forDrawing(prices.initialStop))
  if (!(r > 0)) return null
  // In units of R from the entry, winning side positive: a long and a short look alike.
  const inR = (price: string) => ((forDrawing(price) - entry) * direction) / r
  const [stop, mark] = [inR(prices.stop), inR(prices.mark)]
  const target = prices.target === null ? null : inR(prices.target)
  const low = Math.min(-1, stop, mark)
  const high = Math.max(3, target ?? 0, mark, stop)
  const place = (value: number) => EDGE + ((value - low) / (high - low)) * (100 - 2 * EDGE)
  return {
    entry: place(0),
    initialStop: place(-1),
    stop: place(stop),
    mark: place(mark),
    target: target === null ? null : place(target),
    ticks: [1, 2, 3].map((n) => ({ label: `${n}R`, at: place(n), taken: prices.partsTaken >= n })),
    winning: mark >= 0,
  }
}
