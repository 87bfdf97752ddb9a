import { describe, expect, it } from 'vitest'
import { realises } from './columns'

describe('the realised P&L of an execution', () => {
  it('is shown of what leaves a position, also where it is zero', () => {
    expect(realises({ action: 'stop_filled', realized_pnl: '-12.77' })).toBe(true)
    expect(realises({ action: 'exit', realized_pnl: '0' })).toBe(true)
  })

  it('is absent of an entry and of what has none', () => {
    expect(realises({ action: 'enter', realized_pnl: '0' })).toBe(false)
    expect(realises({ action: 'exit', realized_pnl: null })).toBe(false)
  })
})
