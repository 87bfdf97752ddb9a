import { describe, expect, it } from 'vitest'
import { factsOf } from './DecisionDrawer'

describe('the facts of a receipt', () => {
  it('reads shares as percents, milliseconds as moments, and amounts with all their digits', () => {
    const held = {
      risk_per_trade_fraction: '0.0125',
      last_exit_ms: Date.UTC(2025, 9, 10, 21, 14, 3),
      equity: '9552.22693962',
      adds: false,
      day: { start_equity: '10000', deposits: '0' },
      position_correlations: [0.5],
      stop_price: null,
    }
    expect(factsOf(held, 'UTC')).toEqual([
      ['Risk per trade', '1.25%'],
      ['Last exit', '2025-10-10 21:14:03'],
      ['Equity', '9,552.22693962'],
      ['Adds', 'no'],
      ['Day: start equity', '10,000'],
      ['Day: deposits', '0'],
      ['Position correlations', '1 entry'],
    ])
  })
})
