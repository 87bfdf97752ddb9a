import { describe, expect, it } from 'vitest'
import type { Decision, Signal } from '@/lib/api/types'
import { BREAKER, WALLET } from '@/testing/examples'
import { reasonsForNothing } from './WhyNothing'

const NOW = Date.parse('2025-10-10T10:12:00Z')
const SIGNAL: Signal = {
  id: 's1',
  venue: 'paper',
  symbol: 'BTC/USDT:USDT',
  timeframe: '5m',
  strategy: 'ema_trend',
  side: 'long',
  entry_price: '1',
  stop_price: '0.9',
  take_profit_price: null,
  confidence: '0.61',
  reason: '',
  bar_close: '2025-10-10T10:00:00Z',
  created_at: '2025-10-10T10:00:00Z',
}
const REFUSAL: Decision = {
  id: 'd1',
  created_at: '2025-10-10T10:00:00Z',
  market_time: '2025-10-10T10:00:00Z',
  wallet_id: 'w1',
  signal_id: 's1',
  symbol: 'BTC/USDT:USDT',
  side: 'long',
  strategy: 'ema_trend',
  timeframe: '5m',
  confidence: '0.61',
  approved: false,
  quantity: null,
  notional: null,
  binding_cap: null,
  breaches: [
    { code: 'reward_to_risk', message: 'Reward to risk 1.2 is below the limit of 1.5.', limit: '1.5', value: '1.2' },
  ],
}
const facts = { wallets: [WALLET], breaker: BREAKER, decisions: [REFUSAL], signals: [SIGNAL], now: NOW }

describe('why nothing happens', () => {
  it('names the last signal, its age and what spoke against it', () => {
    expect(reasonsForNothing(facts)).toEqual([
      'Auto-trading is on in 1 of 1 wallet.',
      'Last signal 12 min ago: BTC/USDT long by Ema trend (5m, confidence 0.61).',
      'Last refusal 12 min ago: BTC/USDT long. Reward to risk 1.2 is below the limit of 1.5.',
    ])
  })

  it('says when there is no wallet, and nothing else', () => {
    expect(reasonsForNothing({ ...facts, wallets: [] })).toEqual(['There is no wallet yet.'])
  })

  it('says when auto-trading is off', () => {
    expect(reasonsForNothing({ ...facts, wallets: [{ ...WALLET, auto_trade_enabled: false }] })[0]).toBe(
      'Auto-trading is off in your wallet.',
    )
  })

  it('puts a pause first', () => {
    expect(reasonsForNothing({ ...facts, breaker: { ...BREAKER, state: 'reduce_only', reason: 'by you' } })[0]).toBe(
      'Entries are paused: by you.',
    )
  })
})
