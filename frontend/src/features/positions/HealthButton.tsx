import { Suspense, useRef, useState } from 'react'
import { Badge } from '@/ui/Badge'
import { part } from '@/ui/part'
import { BANDS, type Health, healthWords } from './health-words'

const HealthReasons = part(() => import('./HealthReasons'))

/** The score with its word; pressed, its reasons. */
export function HealthButton({ health, subject }: { readonly health: Health; readonly subject: string }) {
  const [open, setOpen] = useState(false)
  const button = useRef<HTMLButtonElement>(null)
  const [, glyph, tone] = health.band === null ? ['', '?', 'outline' as const] : BANDS[health.band]
  return (
    <>
      <button
        ref={button}
        type="button"
        aria-haspopup="dialog"
        aria-expanded={open}
        aria-label={`${healthWords(health)}: reasons, ${subject}`}
        onClick={() => setOpen(true)}
        className="relative z-1 inline-flex min-h-6 items-center rounded pointer-coarse:min-h-11"
      >
        <Badge tone={tone}>
          <span aria-hidden="true">{glyph}</span>
          {healthWords(health)}
        </Badge>
      </button>
      {open && (
        <Suspense fallback={null}>
          <HealthReasons health={health} anchor={button} onClose={() => setOpen(false)} />
        </Suspense>
      )}
    </>
  )
}
