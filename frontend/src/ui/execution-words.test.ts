import { expect, it } from 'vitest'
import { hourName } from './execution-words'

it('names an hour by both its ends, over midnight too', () => {
  expect(hourName('9')).toBe('09–10 UTC')
  expect(hourName('23')).toBe('23–00 UTC')
})
