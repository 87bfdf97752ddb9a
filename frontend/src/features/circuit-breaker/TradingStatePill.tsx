import { useQuery } from '@tanstack/react-query'
import { breakerQuery, walletsQuery } from '@/lib/api/queries'
import { useZone } from '@/lib/preferences/zone'
import { Badge } from '@/ui/Badge'
import { tradingStateWords } from './trading-state'

/** The server's trading state; it changes only when the server says so. */
export function TradingStatePill() {
  const breaker = useQuery(breakerQuery)
  const wallets = useQuery(walletsQuery)
  const zone = useZone()
  if (breaker.data === undefined) {
    return <Badge tone="outline">{breaker.error ? 'Trading state unknown' : 'Trading state…'}</Badge>
  }
  const { glyph, text, short, tone, more } = tradingStateWords(breaker.data, wallets.data, zone)
  return (
    <span role="status" aria-label="Trading state" title={more ?? undefined}>
      <Badge tone={tone} className="py-0.5! text-xs!">
        <span aria-hidden="true">{glyph}</span>
        <span className="hidden sm:inline">{text}</span>
        <span className="sm:hidden">{short}</span>
        {more && <span className="hidden font-normal 2xl:inline">({more})</span>}
      </Badge>
    </span>
  )
}
