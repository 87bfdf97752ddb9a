// Where the days of a month stand in a calendar, and how strongly they are coloured.
export interface Cell {
  readonly date: string
  readonly column: number
  readonly row: number
  /** What was made, for colouring only; null without a closed trade. */
  readonly net: number | null
}

export interface Month {
  readonly name: string
  readonly cells: ReadonlyArray<Cell>
}

const LEAST = 0.25

/** Every day of each month that has one of `days`, Mondays first, in order. */
export function daysOfMonths(days: ReadonlyArray<{ readonly date: string; readonly net_pnl: string }>): Month[] {
  const made = new Map(days.map((day) => [day.date, Number(day.net_pnl)]))
  const names = [...new Set(days.map((day) => day.date.slice(0, 7)))].sort()
  return names.map((name) => {
    const [year = 0, month = 1] = name.split('-').map(Number)
    const count = new Date(Date.UTC(year, month, 0)).getUTCDate()
    const first = (new Date(Date.UTC(year, month - 1, 1)).getUTCDay() + 6) % 7
    const cells = Array.from({ length: count }, (_, day) => {
      const date = `${name}-${String(day + 1).padStart(2, '0')}`
      const place = first + day
      return { date, column: place % 7, row: Math.floor(place / 7), net: made.get(date) ?? null }
    })
    return { name, cells }
  })
}

/** From a quarter to one: the strongest day is whole. */
export function intensity(net: number, most: number): number {
  return most > 0 ? LEAST + (1 - LEAST) * (Math.abs(net) / most) : LEAST
}
