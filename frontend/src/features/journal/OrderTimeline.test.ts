import { describe, expect, it } from 'vitest'
import type { OrderRow } from '@/lib/api/types'
import { EXECUTION } from '@/testing/examples'
import { readSearch } from './journal-filter'
import { clocksApart, stepsOf } from './OrderTimeline'

const ORDER: OrderRow = {
  client_order_id: 'sa-1',
  exchange_order_id: '77',
  leg: 'entry',
  attempt: 1,
  status: 'FILLED',
  order_type: 'market',
  side: 'buy',
  quantity: '0.5',
  filled_quantity: '0.5',
  requested_price: '100',
  limit_price: null,
  market_time: null,
  trigger_price: null,
  average_price: '100.01',
  reduce_only: false,
  reason: null,
  route: null,
  route_reason: null,
  time_in_force: null,
  error_code: null,
  error_message: null,
  created_at: '2025-10-10T10:00:00Z',
  sent_at: '2025-10-10T10:00:01Z',
  accepted_at: '2025-10-10T10:00:02Z',
}
const FILL = {
  venue_trade_id: 'f',
  client_order_id: 'sa-1',
  side: 'buy',
  quantity: '0.5',
  price: '100.01',
  fee: '0.025',
  fee_currency: 'USDT',
  is_maker: false,
  executed_at: '2025-10-10T10:00:02Z',
} as const

describe('the timeline of an order', () => {
  it('goes from decided over sent and accepted to filled', () => {
    expect(stepsOf(ORDER, [FILL], [EXECUTION]).map((step) => step.text)).toEqual([
      'Decided: market buy 0.5',
      'Sent to the venue',
      'Accepted as 77',
      'Filled 0.5 at 100.010, fee $0.025',
    ])
  })

  it('says whose clock it reads where the market runs by another: seven hours are no latency', () => {
    const replayed = { ...ORDER, accepted_at: '2025-10-10T17:00:02Z' }
    expect([clocksApart(ORDER), clocksApart(replayed)]).toEqual([false, true])
    expect(stepsOf(replayed, [FILL], []).map((step) => step.byVenue ?? false)).toEqual([false, false, true, true])
  })

  it('tells of errors and retries, and leaves other orders out', () => {
    const failed = { ...EXECUTION, status: 'rejected', error_message: 'margin is insufficient', retry_count: 2 }
    const other = { ...failed, client_order_id: 'sa-2' }
    const steps = stepsOf(
      { ...ORDER, sent_at: null, accepted_at: null },
      [{ ...FILL, client_order_id: 'sa-2' }],
      [failed, other],
    )
    expect(steps.map((step) => step.text)).toEqual([
      'Decided: market buy 0.5',
      'Rejected: margin is insufficient, after 2 retries',
    ])
    expect(steps[1]?.bad).toBe(true)
  })
})

describe('the journal’s address', () => {
  it('keeps the filters and nothing else', () => {
    expect(readSearch({ tab: 'trades', symbol: 'BTC', status: 7, evil: 'x' })).toEqual({
      tab: 'trades',
      symbol: 'BTC',
      wallet: undefined,
      status: undefined,
      row: undefined,
      trade: undefined,
    })
  })
})
