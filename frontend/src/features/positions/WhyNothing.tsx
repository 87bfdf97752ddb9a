import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { breakerQuery, recentDecisionsQuery, signalsQuery, walletsQuery } from '@/lib/api/queries'
import type { BreakerStatus, Decision, Signal, Wallet } from '@/lib/api/types'
import { ago } from '@/lib/format/time'
import { plural, shortSymbol, words } from '@/lib/format/words'
import { useNow } from '@/lib/preferences/now'
import { buttonClass } from '@/ui/Button'
import { EmptyState } from '@/ui/EmptyState'

interface Facts {
  readonly wallets: ReadonlyArray<Wallet>
  readonly breaker: BreakerStatus | undefined
  readonly decisions: ReadonlyArray<Decision>
  readonly signals: ReadonlyArray<Signal>
  readonly now: number
}

/** Sentences saying why no position is open, the strongest cause first. */
export function reasonsForNothing({ wallets, breaker, decisions, signals, now }: Facts): string[] {
  const active = wallets.filter((wallet) => wallet.status === 'active')
  const trading = active.filter((wallet) => wallet.auto_trade_enabled)
  const sentences: string[] = []
  if (active.length === 0) return ['There is no wallet yet.']
  if (breaker !== undefined && breaker.state !== 'active') {
    sentences.push(
      `Entries are ${breaker.state === 'halted' ? 'halted' : 'paused'}${breaker.reason ? `: ${breaker.reason}` : ''}.`,
    )
  }
  sentences.push(
    trading.length === 0
      ? `Auto-trading is off in ${active.length === 1 ? 'your wallet' : `all ${active.length} wallets`}.`
      : `Auto-trading is on in ${trading.length} of ${plural(active.length, 'wallet')}.`,
  )
  const signal = signals[0]
  if (signal === undefined)
    sentences.push('No signal so far: the strategies wait for a bar to close with a pattern of theirs.')
  else {
    sentences.push(
      `Last signal ${ago(signal.created_at, now)}: ${shortSymbol(signal.symbol)} ${signal.side} by ${words(signal.strategy)} ` +
        `(${signal.timeframe}, confidence ${Number(signal.confidence).toFixed(2)}).`,
    )
  }
  const refusal = decisions.find((decision) => !decision.approved)
  if (refusal !== undefined) {
    const why = refusal.breaches.map((breach) => breach.message).join(' ')
    sentences.push(
      `Last refusal ${ago(refusal.created_at, now)}: ${shortSymbol(refusal.symbol)} ${refusal.side}. ${why}`,
    )
  }
  return sentences
}

/** The empty page: why nothing happens and what to do about it. */
export function WhyNothing() {
  const wallets = useQuery(walletsQuery)
  const breaker = useQuery(breakerQuery)
  const decisions = useQuery(recentDecisionsQuery)
  const signals = useQuery(signalsQuery)
  const now = useNow()
  const reasons = reasonsForNothing({
    wallets: wallets.data ?? [],
    breaker: breaker.data,
    decisions: decisions.data ?? [],
    signals: signals.data ?? [],
    now,
  })
  const idle = !(wallets.data ?? []).some((wallet) => wallet.auto_trade_enabled)
  return (
    <EmptyState title="No open positions">
      <ul className="max-w-prose list-disc space-y-1 pl-4">
        {reasons.map((reason) => (
          <li key={reason}>{reason}</li>
        ))}
      </ul>
      <div className="mt-2 flex flex-wrap gap-2">
        <Link to="/wallets" className={buttonClass(idle ? 'primary' : 'plain')}>
          {idle ? 'Set up a wallet' : 'Wallets and auto-trading'}
        </Link>
        <Link to="/risk-management" className={buttonClass('plain')}>
          Limits and refusals
        </Link>
      </div>
    </EmptyState>
  )
}
