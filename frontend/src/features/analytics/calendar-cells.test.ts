import { describe, expect, it } from 'vitest'
import { daysOfMonths, intensity } from './calendar-cells'

describe('the calendar', () => {
  it('puts the days of a month under their weekday, Monday first', () => {
    const [month] = daysOfMonths([{ date: '2025-10-01', net_pnl: '-5' }])
    expect(month?.name).toBe('2025-10')
    expect(month?.cells).toHaveLength(31)
    expect(month?.cells[0]).toEqual({ date: '2025-10-01', column: 2, row: 0, net: -5 })
    expect(month?.cells[5]).toEqual({ date: '2025-10-06', column: 0, row: 1, net: null })
  })

  it('knows leap years and keeps months in order', () => {
    const months = daysOfMonths([
      { date: '2024-03-01', net_pnl: '1' },
      { date: '2024-02-29', net_pnl: '1' },
    ])
    expect(months.map((month) => [month.name, month.cells.length])).toEqual([
      ['2024-02', 29],
      ['2024-03', 31],
    ])
  })

  it.each([
    [10, 10, 1],
    [-10, 10, 1],
    [0, 10, 0.25],
    [0, 0, 0.25],
  ])('colours %s of %s with %s', (net, most, strength) => {
    expect(intensity(net, most)).toBe(strength)
  })
})
