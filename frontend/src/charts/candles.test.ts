import { describe, expect, it } from 'vitest'
import { barsOf, exitMarks, stopPath } from './candles'

const T0 = Date.UTC(2025, 9, 10, 10) / 1000
const bars = barsOf([0, 1, 2, 3].map((n) => [(T0 + n * 60) * 1000, '1', '2', '0.5', '1.5', '9'] as const))
const at = (seconds: number) => new Date((T0 + seconds) * 1000).toISOString()

describe('candles', () => {
  it('come sorted, one per moment', () => {
    const twice = barsOf([
      [(T0 + 60) * 1000, '1', '1', '1', '1', '0'],
      [T0 * 1000, '1', '1', '1', '1', '0'],
      [(T0 + 60) * 1000, '2', '2', '2', '2', '0'],
    ])
    expect(twice.map((bar) => [bar.time, bar.close])).toEqual([
      [T0, 1],
      [T0 + 60, 2],
    ])
  })

  it('carry the stop as a path that runs to the last bar', () => {
    expect(stopPath([{ at: at(70), stop_price: '0.9' }], bars, 60)).toEqual([
      { time: T0 + 60, value: 0.9 },
      { time: T0 + 180, value: 0.9 },
    ])
  })

  it('keep the last move within one bar', () => {
    const moves = [
      { at: at(70), stop_price: '0.9' },
      { at: at(110), stop_price: '0.95' },
    ]
    expect(stopPath(moves, bars, 60)[0]).toEqual({ time: T0 + 60, value: 0.95 })
  })

  it('begin at the first bar where the stop was placed before it', () => {
    expect(stopPath([{ at: at(-600), stop_price: '0.9' }], bars, 60)[0]).toEqual({ time: T0, value: 0.9 })
  })
})

describe('marks of what left a position', () => {
  it('shows parts, exits and stops that were filled, and nothing that was only asked for', () => {
    const event = (kind: string, message: string) => ({ at: '2025-10-10T10:00:30Z', kind, message })
    expect(
      exitMarks([
        event('entry', 'entry filled: 1 at 100'),
        event('scale_out', 'scale out sent'),
        event('scale_out', 'scale out filled: 0.3 at 102'),
        event('exit', 'exit filled: 0.7 at 104'),
      ]).map((mark) => mark.text),
    ).toEqual(['Part out', 'Exit'])
  })
})
