import { describe, expect, it } from 'vitest'
import { ABSENT, exactMoney, money, percent, plain, price, rMultiple, signedMoney, signedPercent } from './numbers'

describe('numbers as text', () => {
  it('keep every digit of a long amount', () => {
    expect(money('9007199254740993.12')).toBe('$9,007,199,254,740,993.12')
    expect(plain('0.000000012345678901')).toBe('0.000000012345678901')
    expect(exactMoney('1.82130001')).toBe('$1.82130001')
  })

  it('write minus as U+2212', () => {
    expect(signedMoney('-182.72')).toBe('\u2212$182.72')
    expect(signedPercent('-0.4')).toBe('\u22120.40%')
    expect(plain('-3')).not.toContain('-')
  })

  it('show no sign on nothing', () => {
    expect(signedMoney('0')).toBe('$0.00')
    expect(signedMoney('-0.001')).toBe('$0.00')
  })

  it('show an undefined figure as absent, never as zero', () => {
    for (const format of [money, percent, plain, price, rMultiple, signedMoney]) expect(format(null)).toBe(ABSENT)
  })

  it('give a price the precision of its tick', () => {
    expect(price('41259.8', '0.10')).toBe('41,259.8')
    expect(price('0.0814', '0.00001')).toBe('0.08140')
    expect(price('41259.8')).toBe('41,259.80')
  })

  it('keep four digits of a coin worth next to nothing, whose tick is not known', () => {
    expect(price('0.0814')).toBe('0.08140')
    expect(price('0.0000012345')).toBe('0.000001235')
    expect(price('8.91E-8')).toBe('0.00000008910')
    expect(price('0')).toBe('0.00000')
  })
})
