import { describe, expect, it } from 'vitest'
import { askedOf, executionAsked, readSearch } from './analytics-filter'

const NOON = Date.UTC(2025, 9, 1, 12, 0, 1)

describe('the filters in the address', () => {
  it('keeps what it knows and drops the rest', () => {
    expect(
      readSearch({ environment: 'live', range: '1w', by: 'hour', beside: 'nonsense', wallet: '', tag: 7 }),
    ).toEqual({
      environment: 'live',
      range: '1w',
      by: 'hour',
    })
  })

  it('asks about all of paper where nothing is chosen', () => {
    expect(askedOf({}, NOON)).toEqual({ environment: 'paper' })
  })

  it('ends a range at the minute to come', () => {
    expect(askedOf({ range: '1d', wallet: 'w' }, NOON)).toEqual({
      environment: 'paper',
      wallet_id: 'w',
      from: '2025-09-30T12:01:00.000Z',
      to: '2025-10-01T12:01:00.000Z',
    })
  })

  it('asks the execution log about the same money, wallet and strategy, by the wall clock', () => {
    expect(executionAsked({ range: '1w', wallet: 'w', strategy: 's', tag: 't' }, NOON)).toEqual({
      environment: 'paper',
      wallet_id: 'w',
      strategy: 's',
      from: '2025-09-24T12:00:00.000Z',
    })
    expect(executionAsked({ environment: 'live' }, NOON)).toEqual({
      environment: 'live',
      from: '2023-10-02T12:00:00.000Z',
    })
  })
})
