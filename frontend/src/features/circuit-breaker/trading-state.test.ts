import { describe, expect, it } from 'vitest'
import { BREAKER, WALLET } from '@/testing/examples'
import { tradingStateWords } from './trading-state'

const words = (part: Partial<typeof BREAKER>, wallets = [WALLET]) =>
  tradingStateWords({ ...BREAKER, ...part }, wallets, 'UTC')

describe('the trading state in words', () => {
  it('is on where a wallet trades, and off where none does', () => {
    expect(words({}).text).toBe('Auto-trading on')
    expect(words({}, [{ ...WALLET, auto_trade_enabled: false }]).text).toBe('Auto-trading off in every wallet')
  })

  it('says that exits go on in a pause, and when it ends', () => {
    const paused = words({ state: 'reduce_only', reason: 'daily_loss_limit', until: '2025-10-11T00:00:00Z' })
    expect([paused.text, paused.more]).toEqual([
      'Entries paused, exits still managed',
      'daily loss limit · resets 00:00',
    ])
  })

  it('says since when and by what it is halted', () => {
    const halted = words({ state: 'halted', reason: 'daily_loss_limit', changed_at: '2025-10-10T14:02:00Z' })
    expect([halted.text, halted.more]).toEqual(['Halted since 14:02 by daily loss limit', 'needs you to resume'])
  })

  it('does not claim what it does not know about wallets', () => {
    expect(tradingStateWords(BREAKER, undefined, 'UTC').text).toBe('Auto-trading on')
  })
})
