// What a tripped breaker stops, and when it ends, in words.
import type { Trip, Wallet } from '@/lib/api/types'
import { momentBesideUtc } from '@/lib/format/time'
import { venueName } from '@/lib/format/words'

/** What a cause stops: everybody, a venue, you, or one wallet. */
export function scopeWords(trip: Pick<Trip, 'scope' | 'scope_id'>, wallets: ReadonlyArray<Wallet> | undefined): string {
  if (trip.scope === 'platform') return 'Everybody'
  if (trip.scope === 'user') return 'All your wallets'
  if (trip.scope === 'venue') return venueName(trip.scope_id)
  return wallets?.find((wallet) => wallet.id === trip.scope_id)?.name ?? 'A wallet'
}

/** When it ends: by the clock, with its loss window, by the venue's answers, or by a person. */
export function endWords(trip: Trip, zone: string): string {
  if (trip.until !== null) return `until ${momentBesideUtc(trip.until, zone)}`
  if (trip.resets_at !== null) return `until its window ends, ${momentBesideUtc(trip.resets_at, zone)} market time`
  if (trip.probing) return 'until the venue has answered well for a while'
  return 'until somebody resumes it'
}
