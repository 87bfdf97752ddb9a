import { Popover } from '@base-ui/react/popover'
import type { Position } from '@/lib/api/types'
import { words } from '@/lib/format/words'
import { Badge, type BadgeTone } from '@/ui/Badge'
import { Icon } from '@/ui/icons'

type Health = NonNullable<Position['health']>

const BANDS: Record<NonNullable<Health['band']>, readonly [word: string, glyph: string, tone: BadgeTone]> = {
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

function percentOf(fraction: string): string {
  return `${Math.round(Number(fraction) * 100)}`
}

function Parts({ health }: { readonly health: Health }) {
  return (
    <table className="num mt-2 w-full text-xs">
      <caption className="sr-only">Parts of the score</caption>
      <thead className="text-left text-2xs text-low">
        <tr>
          <th className="pr-3 font-normal">Reading</th>
          <th className="pr-3 text-right font-normal">Mark</th>
          <th className="text-right font-normal">Weight</th>
        </tr>
      </thead>
      <tbody>
        {health.parts.map((part) => (
          <tr key={part.part} className="border-t border-line align-top">
            <td className="py-1 pr-3">
              <span className="block text-2xs text-low">{words(part.part)}</span>
              {part.sentence}
            </td>
            <td className="py-1 pr-3 text-right">
              {part.mark === null ? <span className="text-low">unknown</span> : percentOf(part.mark)}
            </td>
            <td className="py-1 text-right text-mid">{percentOf(part.weight)}%</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

/** The score with its word; pressed, every part with its reading and weight. What is unknown is left out of the mean. */
export function HealthButton({ health, subject }: { readonly health: Health; readonly subject: string }) {
  const [, glyph, tone] = health.band === null ? ['', '?', 'outline' as const] : BANDS[health.band]
  return (
    <Popover.Root>
      <Popover.Trigger
        aria-label={`${healthWords(health)}: reasons, ${subject}`}
        className="relative z-1 inline-flex min-h-6 items-center rounded pointer-coarse:min-h-11"
      >
        <Badge tone={tone}>
          <span aria-hidden="true">{glyph}</span>
          {healthWords(health)}
        </Badge>
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Positioner sideOffset={4} className="z-60">
          <Popover.Popup className="max-h-[80dvh] w-[min(24rem,calc(100vw-1.5rem))] overflow-auto rounded-lg border border-line-strong bg-s2 p-3 text-fg shadow-lg outline-none">
            <div className="flex items-start justify-between gap-2">
              <Popover.Title className="text-sm font-semibold">{healthWords(health)}</Popover.Title>
              <Popover.Close
                aria-label="Close reasons"
                className="inline-flex size-6 items-center justify-center rounded text-mid hover:bg-s3 hover:text-fg pointer-coarse:size-11"
              >
                <Icon name="close" size={14} />
              </Popover.Close>
            </div>
            <Popover.Description className="text-xs text-mid">
              {health.score === null
                ? 'There is no score without a stop on the venue and a price.'
                : 'The mean of the marks that are known, by weight, of 100. It decides nothing: it tells you where to look.'}
            </Popover.Description>
            <Parts health={health} />
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  )
}
