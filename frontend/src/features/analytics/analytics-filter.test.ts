import { describe, expect, it } from 'vitest'
import { askedOf, readSearch } from './analytics-filter'

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
})
