import { describe, expect, it } from 'vitest'
import { EXECUTION, POSITION } from '@/testing/examples'
import { announcementOf } from './announcements'

const CLOSED = {
  ...POSITION,
  status: 'CLOSED',
  exit_price: '106',
  exit_reason: 'take_profit',
  realized_pnl: '3',
  fees: '0.1',
  funding: '0',
  net_pnl: '2.9',
  closed_at: '2025-10-10T11:00:00Z',
  slippage_bps: '1',
} as const

describe('announcements', () => {
  it('tell of fills and of closed trades', () => {
    expect(announcementOf({ type: 'delta', seq: 1, topic: 'execution', data: EXECUTION })).toBe(
      'Entry BTC/USDT filled: 0.5 at 100.010.',
    )
    expect(announcementOf({ type: 'delta', seq: 1, topic: 'trade', data: CLOSED })).toBe(
      'BTC/USDT closed: Take profit, net +$2.90.',
    )
  })

  it('never tell of prices or of orders that only rest', () => {
    expect(announcementOf({ type: 'delta', seq: 1, topic: 'prices', data: {} })).toBeNull()
    const resting = { ...EXECUTION, status: 'open' }
    expect(announcementOf({ type: 'delta', seq: 1, topic: 'execution', data: resting })).toBeNull()
  })
})
