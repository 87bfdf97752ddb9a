import { describe, expect, it } from 'vitest'
import type { ManualTrade } from '@/lib/api/types'
import { insteadOf } from './hand-columns'

const RESOLVED = {
  counterfactual: 'resolved',
  rules_exit_reason: 'take_profit',
  rules_exit_price: '43000',
} as ManualTrade

describe('what our rules would have done', () => {
  it('is said with its reason and price once it is known', () => {
    expect(insteadOf(RESOLVED)).toMatch(/^Take profit at 43,000/)
  })

  it('says where it stands before', () => {
    expect(insteadOf({ ...RESOLVED, counterfactual: 'pending' })).toBe('Not known yet')
    expect(insteadOf({ ...RESOLVED, counterfactual: 'unresolved' })).toBe('Not to be found out')
    expect(insteadOf({ ...RESOLVED, counterfactual: 'none' })).toBe('–')
  })
})
