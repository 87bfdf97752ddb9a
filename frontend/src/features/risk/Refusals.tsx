import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Suspense, useState } from 'react'
import { decisionsQuery, walletsQuery } from '@/lib/api/queries'
import type { Decision } from '@/lib/api/types'
import { figure, money, plain } from '@/lib/format/numbers'
import { dateTime } from '@/lib/format/time'
import { limitName, shortSymbol, words } from '@/lib/format/words'
import { useZone } from '@/lib/preferences/zone'
import { Badge, SideBadge } from '@/ui/Badge'
import { Button } from '@/ui/Button'
import { EmptyState } from '@/ui/EmptyState'
import { Panel } from '@/ui/Panel'
import { part } from '@/ui/part'
import { Surface } from '@/ui/Surface'

const DecisionDrawer = part(() => import('./DecisionDrawer').then((module) => ({ default: module.DecisionDrawer })))

interface RowProps {
  readonly decision: Decision
  readonly wallet: string
  readonly onOpen: () => void
}

function Row({ decision, wallet, onOpen }: RowProps) {
  const zone = useZone()
  return (
    <li className="grid gap-x-4 gap-y-1 px-3 py-2 md:grid-cols-[10rem_12rem_1fr_auto]">
      <time dateTime={decision.created_at} className="num text-mid">
        {dateTime(decision.market_time ?? decision.created_at, zone)}
      </time>
      <span className="flex flex-wrap items-center gap-2 self-start">
        <b>{shortSymbol(decision.symbol)}</b>
        <SideBadge side={decision.side} />
      </span>
      <div className="min-w-0">
        {decision.approved ? (
          <p>
            <Badge>Approved</Badge> {plain(decision.quantity)} for {money(decision.notional)}
            {decision.binding_cap && (
              <span className="text-mid">, sized by {limitName(decision.binding_cap).toLowerCase()}</span>
            )}
          </p>
        ) : (
          <ul className="space-y-0.5">
            {decision.breaches.map((breach) => (
              <li key={breach.code}>
                <Badge tone="outline">{limitName(breach.code)}</Badge> {breach.message}
              </li>
            ))}
          </ul>
        )}
        <p className="num text-2xs text-low">
          {wallet} · {words(decision.strategy)} {decision.timeframe} · confidence {figure(decision.confidence, 2)}
        </p>
      </div>
      <Button
        kind="quiet"
        className="self-start"
        onClick={onOpen}
        aria-haspopup="dialog"
        aria-label={`Receipt: ${shortSymbol(decision.symbol)}, ${dateTime(decision.created_at, zone)}`}
      >
        Receipt
      </Button>
    </li>
  )
}

/** Every signal the gate looked at, and each rule that spoke against it. */
export function Refusals() {
  const decisions = useInfiniteQuery(decisionsQuery)
  const wallets = useQuery(walletsQuery)
  const [open, setOpen] = useState<string | null>(null)
  const name = (id: string) => wallets.data?.find((wallet) => wallet.id === id)?.name ?? 'Wallet'
  return (
    <Panel title="Refusals and approvals">
      <Surface query={decisions} what="Decisions">
        {(data) => {
          const all = data.pages.flatMap((page) => page.items)
          if (all.length === 0) {
            return (
              <EmptyState title="No decision yet">The gate has not seen a signal for a wallet of yours.</EmptyState>
            )
          }
          return (
            <>
              <ul className="divide-y divide-line">
                {all.map((decision) => (
                  <Row
                    key={decision.id}
                    decision={decision}
                    wallet={name(decision.wallet_id)}
                    onOpen={() => setOpen(decision.id)}
                  />
                ))}
              </ul>
              {decisions.hasNextPage && (
                <div className="border-t border-line p-2">
                  <Button
                    kind="quiet"
                    onClick={() => void decisions.fetchNextPage()}
                    pending={decisions.isFetchingNextPage}
                    pendingText="Loading…"
                  >
                    Show older
                  </Button>
                </div>
              )}
            </>
          )
        }}
      </Surface>
      {open !== null && (
        <Suspense fallback={null}>
          <DecisionDrawer id={open} onClose={() => setOpen(null)} />
        </Suspense>
      )}
    </Panel>
  )
}
