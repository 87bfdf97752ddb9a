import { describe, expect, it } from 'vitest'
import { type RulerPrices, rulerScale } from './ruler-scale'

const LONG: RulerPrices = {
  side: 'long',
  entry: '100',
  initialStop: '98',
  stop: '98',
  target: '106',
  mark: '101',
  partsTaken: 0,
}

describe('the stop ruler', () => {
  it('orders stop, entry, price and targets from losing to winning', () => {
    const scale = rulerScale(LONG)
    if (scale === null) throw new Error('there is a ruler')
    expect(scale.stop).toBe(scale.initialStop)
    expect(scale.stop).toBeLessThan(scale.entry)
    expect(scale.entry).toBeLessThan(scale.mark)
    expect(scale.ticks[2]?.at).toBeCloseTo(scale.target ?? 0)
  })

  it('looks the same for the short that mirrors the long', () => {
    const short: RulerPrices = {
      side: 'short',
      entry: '100',
      initialStop: '102',
      stop: '102',
      target: '94',
      mark: '99',
      partsTaken: 0,
    }
    expect(rulerScale(short)).toEqual(rulerScale(LONG))
  })

  it('marks the parts that were taken, not those that the price merely reached', () => {
    expect(rulerScale({ ...LONG, mark: '104' })?.ticks.map((tick) => tick.taken)).toEqual([false, false, false])
    expect(rulerScale({ ...LONG, partsTaken: 2 })?.ticks.map((tick) => tick.taken)).toEqual([true, true, false])
  })

  it('makes room for a price beyond the stop and beyond the target', () => {
    for (const mark of ['90', '140']) {
      const at = rulerScale({ ...LONG, mark })?.mark ?? -1
      expect(at).toBeGreaterThanOrEqual(0)
      expect(at).toBeLessThanOrEqual(100)
    }
  })

  it('has no scale where the first stop is the entry', () => {
    expect(rulerScale({ ...LONG, initialStop: '100' })).toBeNull()
  })
})
