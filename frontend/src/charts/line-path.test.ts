import { describe, expect, it } from 'vitest'
import { linePath, scaleOf } from './line-path'

describe('a line', () => {
  it('runs from corner to corner', () => {
    expect(linePath([0, 5, 10], [1, 3, 2], { low: 1, high: 3 }, 100, 40)).toBe('M0.0 40.0L50.0 0.0L100.0 20.0')
  })

  it('has a scale of its own where nothing varies, or nothing is there', () => {
    expect(scaleOf([500, 500])).toEqual({ low: 495, high: 505 })
    expect(scaleOf([])).toEqual({ low: 0, high: 1 })
  })

  it('stands still for a single point', () => {
    expect(linePath([7], [1], { low: 0, high: 2 }, 100, 40)).toBe('M0.0 20.0')
  })
})
