import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { walletsQuery } from '@/lib/api/queries'
import type { Wallet } from '@/lib/api/types'
import { money } from '@/lib/format/numbers'
import { plural } from '@/lib/format/words'
import { Badge, EnvironmentBadge } from '@/ui/Badge'
import { buttonClass } from '@/ui/Button'
import { EmptyState } from '@/ui/EmptyState'
import { Panel } from '@/ui/Panel'
import { Surface } from '@/ui/Surface'

function Line({ wallet }: { readonly wallet: Wallet }) {
  return (
    <li className="px-3 py-1.5">
      <div className="flex flex-wrap items-baseline justify-between gap-x-3">
        <span className="flex min-w-0 items-center gap-2">
          <span className="truncate font-semibold">{wallet.name}</span>
          <EnvironmentBadge environment={wallet.environment} />
        </span>
        <span className="num">{wallet.equity === null ? 'not known yet' : money(wallet.equity)}</span>
      </div>
      <p className="flex flex-wrap items-center gap-x-2 text-2xs text-mid">
        {wallet.auto_trade_enabled ? '▶ Auto-trading on' : '○ Auto-trading off'} ·{' '}
        {plural(wallet.open_positions, 'position')}
        {wallet.entries_frozen_reason && <Badge tone="warn">{wallet.entries_frozen_reason}</Badge>}
      </p>
    </li>
  )
}

/** Each wallet's equity as the stream tells it, and whether it trades. */
export function WalletStrip() {
  const wallets = useQuery(walletsQuery)
  return (
    <Panel
      title="Wallets"
      aside={
        <Link to="/wallets" className={buttonClass('quiet')}>
          All wallets
        </Link>
      }
    >
      <Surface query={wallets} what="Wallets">
        {(all) => {
          const active = all.filter((wallet) => wallet.status === 'active')
          return active.length === 0 ? (
            <EmptyState title="No wallet yet" />
          ) : (
            <ul className="divide-y divide-line">
              {active.map((wallet) => (
                <Line key={wallet.id} wallet={wallet} />
              ))}
            </ul>
          )
        }}
      </Surface>
    </Panel>
  )
}
