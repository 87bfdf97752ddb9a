import { dateTime, duration } from '@/lib/format/time'
import { useNow } from '@/lib/preferences/now'
import { useZone } from '@/lib/preferences/zone'
import { useLinkSince, useLinkState, useMarketTime, useReached } from '@/lib/stream/link'
import { Badge, type BadgeTone } from '@/ui/Badge'

const CHIPS = {
  connecting: ['outline', '◌', 'Connecting'],
  live: ['plain', '●', 'Live'],
  stale: ['warn', '◐', 'Stale'],
  offline: ['crit', '○', 'Disconnected'],
} as const satisfies Record<string, readonly [BadgeTone, string, string]>

const APART_MS = 120_000

/** The market's clock where it is not the reader's: every moment of a trade is told by it. */
export function MarketClock() {
  const market = useMarketTime()
  const zone = useZone()
  const now = useNow()
  if (market === null || Math.abs(market - now) < APART_MS) return null
  return (
    <span
      className="num hidden text-xs whitespace-nowrap text-mid lg:inline"
      title="This market is simulated or replayed and runs by a clock of its own. Trades, bars and loss limits go by it; messages and sign-ins by yours."
    >
      Market <time dateTime={new Date(market).toISOString()}>{dateTime(market, zone).slice(5, 16)}</time>
    </span>
  )
}

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
