import { describe, expect, it } from 'vitest'
import { type ExecutionValues, executionChanges, executionFaults } from './execution-form'

const VALUES: ExecutionValues = {
  max_slippage: '30',
  max_slippage_unit: 'bps',
  max_deviation: '50',
  max_deviation_unit: 'bps',
  retry_attempts: '3',
  retry_delay_seconds: '1',
  execution_timeout_seconds: '30',
  use_market_orders: true,
  confirm_trades: false,
  confirm_seconds: '120',
}

describe('execution settings', () => {
  it('sends only what was changed, whole numbers as numbers', () => {
    expect(executionChanges(VALUES, VALUES)).toEqual({})
    const now = { ...VALUES, max_slippage: '0,2', max_slippage_unit: 'percent' as const, retry_attempts: '0' }
    expect(executionChanges(VALUES, now)).toEqual({
      max_slippage: '0.2',
      max_slippage_unit: 'percent',
      retry_attempts: 0,
    })
  })
  it('judges a slippage in its own unit, at its bound and outside it', () => {
    expect(executionFaults({ ...VALUES, max_slippage: '10', max_slippage_unit: 'percent' }).size).toBe(0)
    expect([...executionFaults({ ...VALUES, max_slippage_unit: 'percent' }).keys()]).toEqual(['max_slippage'])
    expect([...executionFaults({ ...VALUES, max_deviation: '0' }).keys()]).toEqual(['max_deviation'])
  })
  it('refuses what is no number, too much, or not whole', () => {
    const faults = executionFaults({
      ...VALUES,
      retry_attempts: '1.5',
      retry_delay_seconds: 'soon',
      execution_timeout_seconds: '601',
      confirm_seconds: '9',
    })
    expect(faults.get('retry_attempts')).toBe('Enter a whole number.')
    expect([...faults.keys()]).toHaveLength(4)
  })
})
