import { describe, expect, it } from 'vitest'
import { WALLET } from '@/testing/examples'
import { autoTradeBody, autoTradeFaults, autoTradeValues, createBody, createFaults } from './wallet-form'

const CREATE = {
  name: 'Paper 1',
  venue: 'paper',
  environment: 'paper',
  needsKeys: false,
  deposit: '10000',
  apiKey: '',
  apiSecret: '',
} as const
const ALL = { strategies: ['ema_trend', 'donchian_breakout'], symbols: ['BTC/USDT:USDT'], timeframes: ['1m', '5m'] }
const VALUES = autoTradeValues(
  { ...WALLET, overrides: { ...WALLET.overrides, min_signal_confidence: '0.7500', enable_trailing_stop: false } },
  ALL,
)

describe('a new wallet', () => {
  it('of paper needs a name and a deposit above zero', () => {
    expect(createFaults(CREATE).size).toBe(0)
    expect([...createFaults({ ...CREATE, name: ' ', deposit: '0' }).keys()]).toEqual(['name', 'initial_deposit'])
    expect(createFaults({ ...CREATE, deposit: '10,000' }).get('initial_deposit')).toContain('10000 or 10.000')
    expect(createFaults({ ...CREATE, deposit: '0.000000001' }).get('initial_deposit')).toContain('8 digits')
    expect(createFaults({ ...CREATE, deposit: '10000000000' }).get('initial_deposit')).toBe('At most 9,999,999,999.')
    expect(createBody({ ...CREATE, deposit: '10,000.00' })).toMatchObject({ initial_deposit: '10000.00' })
    expect(createBody(CREATE)).toEqual({
      name: 'Paper 1',
      venue: 'paper',
      environment: 'paper',
      initial_deposit: '10000',
    })
  })

  it('of an exchange needs both keys and sends no deposit', () => {
    const exchange = { ...CREATE, venue: 'binanceusdm', environment: 'live', needsKeys: true } as const
    expect([...createFaults(exchange).keys()]).toEqual(['api_key', 'api_secret'])
    expect(createBody({ ...exchange, apiKey: ' k ', apiSecret: 's' })).toEqual({
      name: 'Paper 1',
      venue: 'binanceusdm',
      environment: 'live',
      api_key: 'k',
      api_secret: 's',
    })
  })
})

describe('auto-trading of a wallet', () => {
  it('starts from the wallet’s own choices, and from everything where it has none', () => {
    expect(VALUES).toMatchObject({
      confidence: '0.75',
      trailing: 'off',
      scaleOut: 'inherit',
      strategies: ['ema_trend'],
    })
    const kelly = { ...WALLET, overrides: { ...WALLET.overrides, position_sizing_method: 'kelly' as const } }
    expect(autoTradeValues(kelly, ALL).method).toBe('kelly')
    const fresh = { ...WALLET, subscriptions: { strategies: [], symbols: [], timeframes: [] } }
    expect(autoTradeValues(fresh, ALL).timeframes).toEqual(['1m', '5m'])
  })

  it('hands a setting back to the account with null', () => {
    expect(autoTradeBody({ ...VALUES, confidence: '' })).toMatchObject({
      min_signal_confidence: null,
      enable_trailing_stop: false,
      enable_scale_out: null,
      enable_dca: null,
      max_leverage: null,
    })
    expect(autoTradeBody(VALUES).position_sizing_method).toBeNull()
    expect(autoTradeBody({ ...VALUES, method: 'kelly' }).position_sizing_method).toBe('kelly')
    expect(autoTradeBody({ ...VALUES, limits: { ...VALUES.limits, max_leverage: '5' } }).max_leverage).toBe(5)
    expect(autoTradeBody({ ...VALUES, averagesDown: 'on' }).enable_dca).toBe(true)
  })

  it('follows something, within sane figures', () => {
    expect(autoTradeFaults(VALUES).size).toBe(0)
    const wrong = { ...VALUES, symbols: [], confidence: '1.2', limits: { ...VALUES.limits, max_leverage: '2.5' } }
    expect([...autoTradeFaults(wrong).keys()].sort()).toEqual(['max_leverage', 'min_signal_confidence', 'symbols'])
  })
})
