import { describe, expect, it } from 'vitest'
import type { Trip } from '@/lib/api/types'
import { WALLET } from '@/testing/examples'
import { endWords, scopeWords } from './trip-words'

const TRIP: Trip = {
  scope: 'venue',
  scope_id: 'paper',
  environment: 'all',
  cause: 'venue_errors',
  state: 'reduce_only',
  reason: '3 failed requests in a row reached the limit of 3.',
  changed_by: 'rule',
  changed_at: '2025-10-10T14:02:00Z',
  until: null,
  resets_at: null,
  probing: true,
}

describe('a tripped breaker in words', () => {
  it('names what it stops', () => {
    const wallet = { scope: 'wallet', scope_id: WALLET.id } as const
    expect(scopeWords(TRIP, [WALLET])).toBe('Paper exchange')
    expect(scopeWords(wallet, [WALLET])).toBe(WALLET.name)
    expect(scopeWords(wallet, undefined)).toBe('A wallet')
    expect(scopeWords({ scope: 'user', scope_id: 'u1' }, [WALLET])).toBe('All your wallets')
    expect(scopeWords({ scope: 'platform', scope_id: '' }, [WALLET])).toBe('Everybody')
  })

  it('says when it ends', () => {
    expect(endWords(TRIP, 'UTC')).toBe('until the venue has answered well for a while')
    expect(endWords({ ...TRIP, probing: false }, 'UTC')).toBe('until somebody resumes it')
    expect(endWords({ ...TRIP, until: '2025-10-11T00:00:00Z' }, 'UTC')).toContain('until 2025-10-11 00:00')
    expect(endWords({ ...TRIP, resets_at: '2025-10-11T00:00:00Z' }, 'UTC')).toContain('market time')
  })
})
