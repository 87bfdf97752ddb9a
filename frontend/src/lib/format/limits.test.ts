import { describe, expect, it } from 'vitest'
import { inUnit, usedFraction } from './limits'

describe('a limit in use', () => {
  it('is a share of the limit', () => {
    expect(usedFraction({ used: '2.5', limit: '5' })).toBe(0.5)
    expect(usedFraction({ used: '6', limit: '5' })).toBeGreaterThan(1)
  })

  it('is not known without its figures, and full at once where nothing is allowed', () => {
    expect(usedFraction({ used: null, limit: '5' })).toBeNull()
    expect(usedFraction({ used: '1', limit: null })).toBeNull()
    expect(usedFraction({ used: '1', limit: '0' })).toBe(1)
    expect(usedFraction({ used: '0', limit: '0' })).toBe(0)
  })

  it('never shows a gain as a used loss', () => {
    expect(usedFraction({ used: '-3', limit: '5' })).toBe(0)
  })

  it('is written in its unit', () => {
    expect([inUnit('5', 'percent'), inUnit('500', 'usd'), inUnit('3', 'count')]).toEqual(['5.00%', '$500.00', '3'])
  })
})
