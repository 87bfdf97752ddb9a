import type { ReactNode } from 'react'
import { cx } from './classes'

const TONES = {
  plain: 'bg-s3 text-fg',
  outline: 'border border-line-strong text-fg',
  warn: 'border border-warn text-warn',
  crit: 'bg-crit-solid text-on-crit',
} as const
export type BadgeTone = keyof typeof TONES

/** Severity by fill and word, never by hue alone. */
export function Badge({
  tone = 'plain',
  children,
  className,
}: {
  tone?: BadgeTone
  children: ReactNode
  className?: string
}) {
  return (
    <span
      className={cx(
        'badge inline-flex items-center gap-1 rounded px-1.5 py-px text-2xs font-semibold whitespace-nowrap',
        TONES[tone],
        className,
      )}
    >
      {children}
    </span>
  )
}

/** The side of a position: a word and an arrow. */
export function SideBadge({ side }: { readonly side: 'long' | 'short' }) {
  return (
    <Badge tone="outline">
      <span aria-hidden="true">{side === 'long' ? '↗' : '↘'}</span>
      {side === 'long' ? 'LONG' : 'SHORT'}
    </Badge>
  )
}

/** Real money is solid, paper is outlined; the sums of the two are never added. */
export function EnvironmentBadge({ environment }: { readonly environment: 'paper' | 'live' }) {
  return environment === 'live' ? (
    <Badge className="bg-primary! text-on-primary!">LIVE</Badge>
  ) : (
    <Badge tone="outline">PAPER</Badge>
  )
}
