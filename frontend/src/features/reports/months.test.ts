import { describe, expect, test } from 'vitest'
import { monthName, monthsBefore } from './months'

describe('months', () => {
  const newYear = Date.UTC(2026, 0, 1, 2)

  test('go back over the year', () => {
    expect(monthsBefore(newYear, 'UTC', 3)).toEqual(['2026-01', '2025-12', '2025-11'])
  })

  test('are those of the time zone', () => {
    expect(monthsBefore(newYear, 'America/New_York', 1)).toEqual(['2025-12'])
  })

  test('have names', () => {
    expect(monthName('2026-10')).toBe('October 2026')
  })
})
