import { describe, expect, it } from 'vitest'
import { isMistyped, mistypedWords, typedDecimal } from './typed'

describe('a number as typed', () => {
  it('is read with a point or a comma, and with groups of thousands', () => {
    const read = {
      '': '',
      ' 2.5 ': '2.5',
      '2,5': '2.5',
      ',5': '.5',
      '0,125': '0.125',
      '1234,567': '1234.567',
      '10 000': '10000',
      '10 000,50': '10000.50',
      "10'000": '10000',
      '56,403.40': '56403.40',
      '1,234,567': '1234567',
      '56.403,40': '56403.40',
      '1.234.567': '1234567',
      '-3': '-3',
    }
    for (const [typed, value] of Object.entries(read)) expect(typedDecimal(typed), typed).toBe(value)
  })

  it('is none where it might be two: ten thousand here is ten there', () => {
    for (const typed of ['10,000', '1,000', '-250,000']) expect(isMistyped(typed), typed).toBe(true)
    expect(mistypedWords('10,000', 'Enter a number.')).toBe(
      '10,000 may be 10000 or 10.000: write it without the comma.',
    )
  })

  it('is none of words, powers of ten, two marks or a line of digits', () => {
    for (const typed of [
      'ten',
      '1e9',
      '1e999999999',
      '1,2,3',
      '1.2.3',
      '5%',
      '$5',
      '１',
      '--1',
      '.',
      ',',
      '9'.repeat(41),
    ])
      expect(isMistyped(typed), typed).toBe(true)
    expect(mistypedWords('1e9', 'Enter a number.')).toBe('Enter a number.')
  })
})
