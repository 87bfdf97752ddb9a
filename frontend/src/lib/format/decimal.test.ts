import { describe, expect, it } from 'vitest'
import { compare, divide, multiply, placesOf, signOf, subtract } from './decimal'

describe('decimal strings', () => {
  it('subtract without losing a digit', () => {
    expect(subtract('9007199254740993.12', '0.11')).toBe('9007199254740993.01')
    expect(subtract('0.1', '0.3')).toBe('-0.2')
  })

  it('multiply exactly', () => {
    expect(multiply('0.1', '0.2')).toBe('0.02')
    expect(multiply('-1.5', '3')).toBe('-4.5')
  })

  it('divide cut toward zero, undefined by zero', () => {
    expect(divide('1', '3', 4)).toBe('0.3333')
    expect(divide('-1', '3', 4)).toBe('-0.3333')
    expect(divide('1', '0')).toBeNull()
  })

  it('compare across scales and exponents', () => {
    expect(compare('5.00', '5')).toBe(0)
    expect(compare('1e-8', '0')).toBe(1)
    expect(compare('0.3', '0.30000000000000001')).toBe(-1)
    expect(compare('abc', '1')).toBeNull()
  })

  it('know the sign of the smallest amount', () => {
    expect(signOf('-0.00000001')).toBe('loss')
    expect(signOf('0.000')).toBe('flat')
    expect(signOf(null)).toBe('flat')
  })

  it('count the places that matter', () => {
    expect(placesOf('0.10')).toBe(1)
    expect(placesOf('1E-5')).toBe(5)
    expect(placesOf('25')).toBe(0)
  })
})
