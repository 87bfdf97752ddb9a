import { describe, expect, it } from 'vitest'
import { scopedPatch, scopeName } from './scoped-limits'

describe('limits of a symbol or strategy', () => {
  it('become a patch of what changed: counts as numbers, decimals as text, nothing as null', () => {
    const before = { max_open_positions: '2', max_daily_loss_usd: '100', max_leverage: '5' }
    const after = { max_open_positions: '1', max_daily_loss_usd: '50,5', max_leverage: '' }
    expect(scopedPatch(before, after)).toEqual({
      max_open_positions: 1,
      max_daily_loss_usd: '50.5',
      max_leverage: null,
    })
  })

  it('are named after what they are about', () => {
    expect(scopeName({ scope: 'symbol', key: 'BTC/USDT:USDT' })).toBe('BTC/USDT')
    expect(scopeName({ scope: 'strategy', key: 'ema_trend' })).toBe('Ema trend')
  })
})
