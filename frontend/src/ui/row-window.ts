import type { Range } from '@tanstack/react-virtual'

const AHEAD = 8
const BEHIND = 2

/** Which rows a long table draws: those in sight, more of them where the reader is going, and few where they come from. */
export class RowWindow {
  #first = 0
  #isGoingUp = false

  /** Indices from top to bottom. */
  readonly rows = ({ startIndex, endIndex, count }: Range): number[] => {
    if (startIndex !== this.#first) this.#isGoingUp = startIndex < this.#first
    this.#first = startIndex
    const above = Math.max(0, startIndex - (this.#isGoingUp ? AHEAD : BEHIND))
    const below = Math.min(count - 1, endIndex + (this.#isGoingUp ? BEHIND : AHEAD))
    return Array.from({ length: below - above + 1 }, (_, place) => above + place)
  }
}
