import { describe, expect, it } from 'vitest'
import { WALLET } from '@/testing/examples'
import { ownLimits } from './own-limits'

const NONE = WALLET.overrides

describe("a wallet's own limits in words", () => {
  it('says whose hold where it has none', () => {
    expect(ownLimits(NONE)).toBe('None: your risk settings hold')
  })

  it('writes each value in its unit, and no word as a number', () => {
    const own = {
      ...NONE,
      position_sizing_method: 'fixed_percent' as const,
      risk_per_trade_percent: '0.5',
      max_open_positions: 2,
      max_daily_loss_usd: '150',
      max_portfolio_heat: '300',
      min_signal_confidence: '0.75',
      cooldown_minutes_after_loss: '30',
      enable_pyramiding: false,
    }
    const text = ownLimits(own).toLowerCase()
    for (const part of [
      'sizing fixed percent',
      'risk per trade 0.50%',
      'open positions 2',
      'daily loss $150.00',
      'exposure heat 300.00%',
      'least signal confidence 0.75',
      'rest after a loss 30 min',
      'pyramiding off',
    ]) {
      expect(text).toContain(part)
    }
    expect(text).not.toContain('nan')
  })
})
