import { describe, expect, it } from 'vitest'
import { keys } from '@/lib/api/queries'
import { EXECUTION, POSITION, WALLET } from '@/testing/examples'
import { testClient } from '@/testing/render'
import { applyFrame, matches, withExecution, withPosition } from './apply'
import { quoteOf } from './prices'

describe('what the stream says', () => {
  it('replaces, adds and removes a position', () => {
    const moved = { ...POSITION, stop_price: '99' }
    expect(withPosition([POSITION], moved)).toEqual([moved])
    expect(withPosition([], POSITION)).toEqual([POSITION])
    expect(withPosition([POSITION], { id: 'p1', closed: true })).toEqual([])
  })

  it('fills the cache from a snapshot', () => {
    const client = testClient()
    const prices = { 'BTC/USDT:USDT': { mark: '101.5', last: null, market_time: null } }
    applyFrame(client, {
      type: 'snapshot',
      seq: 0,
      data: {
        positions: [POSITION],
        breaker: null,
        wallets: [WALLET],
        alerts: { unread: 3 },
        prices,
        stale_after_ms: 5000,
        market_time: null,
      },
    })
    expect(client.getQueryData(keys.positions)).toEqual([POSITION])
    expect(client.getQueryData(keys.wallets)).toEqual([WALLET])
    expect(client.getQueryData(keys.alerts)).toEqual({ unread: 3 })
    expect(quoteOf('BTC/USDT:USDT')?.mark).toBe('101.5')
  })

  it('puts a new execution at the head and a known one in its place', () => {
    const pages = { pages: [{ items: [EXECUTION], next_cursor: null }], pageParams: [''] }
    const newer = { ...EXECUTION, id: 'e2' }
    expect(withExecution(pages, newer).pages[0]?.items.map((row) => row.id)).toEqual(['e2', 'e1'])
    const filled = { ...EXECUTION, status: 'partial' }
    expect(withExecution(pages, filled).pages[0]?.items).toEqual([filled])
  })

  it('keeps executions out of lists whose filter they do not match', () => {
    expect(matches(EXECUTION, {})).toBe(true)
    expect(matches(EXECUTION, { symbol: 'BTC/USDT:USDT' })).toBe(true)
    expect(matches(EXECUTION, { symbol: 'ETH/USDT:USDT' })).toBe(false)
    expect(matches(EXECUTION, { wallet: 'w2' })).toBe(false)
    expect(matches(EXECUTION, { status: 'rejected' })).toBe(false)
  })
})
