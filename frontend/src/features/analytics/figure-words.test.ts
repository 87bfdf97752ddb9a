import { describe, expect, it } from 'vitest'
import type { Figure } from '@/lib/api/types'
import { figureName, figureText, intervalText } from './figure-words'

const SHARPE: Figure = {
  name: 'sharpe_ratio',
  unit: 'ratio',
  value: 1.5,
  n: 40,
  low: -0.25,
  high: 3.1,
  level: 0.95,
  is_few: false,
}

describe('figures in words', () => {
  it.each([
    [12.345, 'percent', '12.35%'],
    [-0.5, 'ratio', '−0.50'],
    [1.25, 'r', '+1.25 R'],
    [1234.5, 'quote', '$1,234.50'],
    [7, 'count', '7'],
    [null, 'ratio', '–'],
  ])('%s %s is %s', (value, unit, text) => {
    expect(figureText(value, unit)).toBe(text)
  })

  it('tells the interval in the unit of the figure, and nothing without one', () => {
    expect(intervalText(SHARPE)).toBe('−0.25 to 3.10')
    expect(intervalText({ ...SHARPE, low: null })).toBeNull()
  })

  it('names what it knows, and spells out the rest', () => {
    expect(figureName('sharpe_ratio')).toBe('Sharpe')
    expect(figureName('win_rate')).toBe('Win rate')
  })
})
