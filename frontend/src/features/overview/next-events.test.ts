import { describe, expect, it } from 'vitest'
import type { EnvironmentRisk, Funding, TradingSchedule } from '@/lib/api/types'
import { POSITION } from '@/testing/examples'
import { fundingCost, nextEvents, timeLeft } from './next-events'

const MARKET = Date.parse('2025-10-10T10:00:00Z')
const WALL = Date.parse('2026-11-21T10:00:00Z')
const FUNDING: Funding = {
  venue: 'paper',
  symbol: 'BTC/USDT:USDT',
  rate_percent: '0.01',
  at: '2025-10-10T16:00:00Z',
}
const NOTHING = { positions: [], fundings: [], schedule: undefined, risk: [], pending: [] }

describe('what comes next', () => {
  it('is what a funding costs: longs pay a positive rate, shorts receive it', () => {
    expect(fundingCost({ ...POSITION, mark_price: '100', quantity: '2' }, '0.01')).toBe('0.02')
    expect(fundingCost({ ...POSITION, side: 'short', mark_price: '100', quantity: '2' }, '0.01')).toBe('-0.02')
    expect(fundingCost({ ...POSITION, mark_price: null }, '0.01')).toBeNull()
  })

  it('sums the positions of one funding', () => {
    const positions = [
      { ...POSITION, id: 'a', mark_price: '10000', quantity: '2' },
      { ...POSITION, id: 'b', mark_price: '10000', quantity: '1', side: 'short' as const },
    ]
    const [event] = nextEvents({ ...NOTHING, positions, fundings: [FUNDING] }, MARKET, WALL)
    expect(event?.text).toBe('Funding: 2 positions pay about $1.00 (BTC/USDT)')
    expect(event && timeLeft(event, MARKET, WALL)).toBe(6 * 3_600_000)
  })

  it('says nothing of a funding that the venue names no moment of', () => {
    const fundings = [{ ...FUNDING, at: null, rate_percent: null }]
    expect(nextEvents({ ...NOTHING, positions: [POSITION], fundings }, MARKET, WALL)).toEqual([])
  })

  it('orders by what is left on each clock, and does not guess the market’s', () => {
    const schedule = {
      enabled: true,
      now: [
        {
          venue: 'paper',
          market_time: '',
          is_open: true,
          opens_at: null,
          ends_at: '2025-10-10T12:00:00Z',
          leaves_at: null,
        },
      ],
    } as unknown as TradingSchedule
    const pending = [
      {
        setting: 'max_leverage',
        value: '20',
        effective_at: '2026-11-21T11:00:00Z',
        requested_at: '2026-11-20T11:00:00Z',
      },
    ]
    const events = nextEvents({ ...NOTHING, schedule, pending }, MARKET, WALL)
    expect(events.map((event) => event.text)).toEqual(['Max leverage changes to 20', 'Trading hours end at paper'])
    expect(timeLeft(events[1] as (typeof events)[number], null, WALL)).toBeNull()
  })

  it('names a loss window once it holds something, and a reached limit before others of that moment', () => {
    const use = { label: '', level: 'user', limit: '5', note: null, subject: null, unit: 'percent', tripped: false }
    const at = '2025-10-11T00:00:00Z'
    const limits = [
      { ...use, name: 'max_daily_loss_usd', used: '0', resets_at: at },
      { ...use, name: 'max_daily_loss_percent', used: '5', resets_at: at, tripped: true },
    ]
    const risk = [{ environment: 'paper', limits } as unknown as EnvironmentRisk]
    expect(nextEvents({ ...NOTHING, risk }, MARKET, WALL).map((event) => event.text)).toEqual([
      'Daily loss limit, reached, starts anew (paper)',
    ])
  })
})
