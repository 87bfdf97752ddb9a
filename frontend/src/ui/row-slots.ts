/**
 * Which element of a long table shows which row. A row keeps its element while it is in the window; one that leaves
 * hands its element on to a row that comes behind those that stay, because writing other words into an element costs a
 * fraction of making one. The elements stay in the order of their rows, as they are read aloud.
 */
export class RowSlots {
  #held = new Map<string, number>()
  #made = 0

  /** The element's number for each key, in the order of the keys; the keys are the window's rows from top to bottom. */
  take(keys: ReadonlyArray<string>): ReadonlyArray<number> {
    const staying = new Set(keys)
    const free = [...this.#held].filter(([key]) => !staying.has(key)).map(([, slot]) => slot)
    // An element that moved up past those that stay would move each of them in the document.
    let behind = !keys.some((key) => this.#held.has(key))
    const taken = keys.map((key) => {
      const kept = this.#held.get(key)
      behind ||= kept !== undefined
      return kept ?? (behind ? free.shift() : undefined) ?? this.#made++
    })
    this.#held = new Map(keys.map((key, place) => [key, taken[place] ?? 0]))
    return taken
  }
}
