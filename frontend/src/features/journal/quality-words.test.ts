import { describe, expect, it } from 'vitest'
import { hourName, routeWords } from './quality-words'

describe('execution quality in words', () => {
  it('names an hour by both its ends, over midnight too', () => {
    expect(hourName('9')).toBe('09–10 UTC')
    expect(hourName('23')).toBe('23–00 UTC')
  })
  it('says how an entry went out and why, and nothing where it was not routed', () => {
    expect(routeWords('capped', '12.0 bps expected, 30.0 allowed: capped there')).toBe(
      'Capped: 12.0 bps expected, 30.0 allowed: capped there',
    )
    expect(routeWords('refused', null)).toBe('Not sent')
    expect(routeWords(null, 'x')).toBeNull()
  })
})
