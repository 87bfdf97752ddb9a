import { expect, it } from 'vitest'
import { routeWords } from './quality-words'

it('says how an entry went out and why, and nothing where it was not routed', () => {
  expect(routeWords('capped', '12.0 bps expected, 30.0 allowed: capped there')).toBe(
    'Capped: 12.0 bps expected, 30.0 allowed: capped there',
  )
  expect(routeWords('refused', null)).toBe('Not sent')
  expect(routeWords(null, 'x')).toBeNull()
})
