// The health score in words.
import type { Position } from '@/lib/api/types'
import type { BadgeTone } from '@/ui/Badge'

export type Health = NonNullable<Position['health']>

export const BANDS: Record<NonNullable<Health['band']>, readonly [word: string, glyph: string, tone: BadgeTone]> = {
  healthy: ['Healthy', '●', 'plain'],
  watch: ['Watch', '◐', 'warn'],
  weak: ['Weak', '○', 'crit'],
}

/** "Health 34, weak": the score with its word, or that there is none. */
export function healthWords(health: Health): string {
  return health.score === null || health.band === null
    ? 'Health unknown'
    : `Health ${health.score}, ${BANDS[health.band][0].toLowerCase()}`
}
