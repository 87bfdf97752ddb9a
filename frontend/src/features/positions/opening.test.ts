import { describe, expect, it } from 'vitest'
import { POSITION } from '@/testing/examples'
import { isBare, isOpening } from './opening'

const BARE = { ...POSITION, protected: false, status: 'OPEN_UNPROTECTED', quantity: '0.5' } as const

describe('a position without a stop on the venue', () => {
  it('is bare while something of it is held', () => {
    expect(isBare(BARE)).toBe(true)
    expect(isBare({ ...BARE, status: 'ENTERING', quantity: '0.1' })).toBe(true)
  })

  it('is not bare before its entry is filled, while it is left, or where its stop stands', () => {
    expect(isOpening({ status: 'ENTERING', quantity: '0' })).toBe(true)
    expect(isBare({ ...BARE, status: 'ENTERING', quantity: '0' })).toBe(false)
    expect(isBare({ ...BARE, status: 'EXITING' })).toBe(false)
    expect(isBare({ ...BARE, status: 'PROTECTED', protected: true })).toBe(false)
  })
})
