import { describe, expect, it } from 'vitest'
import { POSITION } from '@/testing/examples'
import { marked, ordered } from './marking'

describe('a position at the live price', () => {
  it('gains what the price moved times the quantity', () => {
    expect(marked(POSITION, '102.2')).toMatchObject({
      mark: '102.2',
      pnl: '1.1',
      percent: '2.2',
      r: '1.1',
      byClient: true,
    })
  })

  it('loses where the price rose against a short', () => {
    expect(marked({ ...POSITION, side: 'short' }, '102').pnl).toBe('-1')
  })

  it('shows the server’s figures without a live price or an entry', () => {
    expect(marked(POSITION, undefined)).toMatchObject({ pnl: '0.5', byClient: false })
    expect(marked({ ...POSITION, entry_price: null, unrealized_pnl: null }, '102').pnl).toBeNull()
  })

  it('has no R without a risk to compare with', () => {
    expect(marked({ ...POSITION, risk_amount: '0' }, '102').r).toBeNull()
  })
})

describe('the order of the cards', () => {
  const worse = { ...POSITION, id: 'worse', unrealized_pnl: '-3', open_risk: '0.5' }
  it('puts the worst result or the largest risk first', () => {
    expect(ordered([POSITION, worse], 'pnl')[0]?.id).toBe('worse')
    expect(ordered([worse, POSITION], 'risk')[0]?.id).toBe('p1')
  })
})
