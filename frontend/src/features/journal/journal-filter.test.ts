import { describe, expect, it } from 'vitest'
import { apiFilter, dayBegins, readSearch } from './journal-filter'

describe('dayBegins', () => {
  it.each([
    ['2025-10-01', 'UTC', 0, '2025-10-01T00:00:00.000Z'],
    ['2025-10-01', 'Asia/Tokyo', 0, '2025-09-30T15:00:00.000Z'],
    ['2025-10-31', 'America/New_York', 1, '2025-11-01T04:00:00.000Z'],
    ['2025-12-31', 'Asia/Kolkata', 1, '2025-12-31T18:30:00.000Z'],
  ])('%s in %s, %i later', (day, zone, later, expected) => {
    expect(dayBegins(day, zone, later)).toBe(expected)
  })

  it.each(['', '2025-13-45', 'yesterday', '=1+1'])('%s is no day', (day) => {
    expect(dayBegins(day, 'UTC')).toBeUndefined()
  })
})

describe('apiFilter', () => {
  it('keeps the filters of trades out of executions', () => {
    const search = readSearch({ symbol: 'BTC', side: 'short', tag: 'late', status: 'filled', from: '2025-10-01' })
    expect(apiFilter(search, 'UTC')).toEqual({ symbol: 'BTC', status: 'filled', from: '2025-10-01T00:00:00.000Z' })
    expect(apiFilter({ ...search, tab: 'trades' }, 'UTC')).toEqual({
      symbol: 'BTC',
      status: 'closed',
      side: 'short',
      tag: 'late',
      from: '2025-10-01T00:00:00.000Z',
    })
  })

  it('takes nothing foreign from the address', () => {
    expect(readSearch({ side: 'up', tab: 'x', from: 5 })).toMatchObject({
      side: undefined,
      tab: undefined,
      from: undefined,
    })
  })
})
