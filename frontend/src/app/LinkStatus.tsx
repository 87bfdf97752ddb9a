import { duration } from '@/lib/format/time'
import { useNow } from '@/lib/preferences/now'
import { useLinkSince, useLinkState, useReached } from '@/lib/stream/link'
import { Badge, type BadgeTone } from '@/ui/Badge'

const CHIPS = {
  connecting: ['outline', '◌', 'Connecting'],
  live: ['plain', '●', 'Live'],
  stale: ['warn', '◐', 'Stale'],
  offline: ['crit', '○', 'Disconnected'],
} as const satisfies Record<string, readonly [BadgeTone, string, string]>

/** How old the last word from the server is. */
export function LinkChip() {
  const state = useLinkState()
  const [tone, glyph, text] = CHIPS[state]
  return (
    <span role="status" aria-label="Connection">
      <Badge tone={tone} className="py-0.5! text-xs!">
        <span aria-hidden="true">{glyph}</span> {text}
      </Badge>
    </span>
  )
}

function Lasting({ since }: { readonly since: number | null }) {
  const now = useNow()
  return since === null ? null : <span aria-hidden="true"> For {duration(now - since)}.</span>
}

/** Says what the reader may still rely on while the stream is silent. */
export function LinkBanner() {
  const state = useLinkState()
  const since = useLinkSince()
  const reached = useReached()
  if (reached && (state === 'live' || state === 'connecting')) return null
  const mild = reached && state === 'stale'
  return (
    <p
      role="alert"
      className={`px-4 py-1.5 font-semibold ${mild ? 'border-b border-warn bg-s2 text-warn' : 'bg-crit-solid text-on-crit'}`}
    >
      {reached ? (
        <>
          {mild
            ? 'Nothing heard from the price stream. The figures are the last known ones.'
            : 'Disconnected from the live stream. Reconnecting; figures refresh every 5 s meanwhile.'}{' '}
          Stops and limits keep running on the server, and Pause and Exit still work.
        </>
      ) : (
        'No connection to the server: the figures are the last known ones, and nothing pressed here is sent, now or later. Stops and limits keep running on the server.'
      )}
      <Lasting since={since} />
    </p>
  )
}
