import { useQuery } from '@tanstack/react-query'
import { Suspense, useState } from 'react'
import { walletsQuery } from '@/lib/api/queries'
import { plural } from '@/lib/format/words'
import { Button } from '@/ui/Button'
import { EmptyState } from '@/ui/EmptyState'
import { part } from '@/ui/part'
import { CardSkeletons } from '@/ui/Skeleton'
import { Surface } from '@/ui/Surface'
import { type WalletAction, WalletCard } from './WalletCard'

const dialogs = () => import('./WalletDialogs')
const DIALOGS = {
  'auto-trade': part(() => import('./AutoTradeDialog').then((module) => ({ default: module.AutoTradeDialog }))),
  execution: part(() => import('./ExecutionDialog').then((module) => ({ default: module.ExecutionDialog }))),
  rename: part(() => dialogs().then((module) => ({ default: module.RenameDialog }))),
  deposit: part(() => dialogs().then((module) => ({ default: module.DepositDialog }))),
  withdraw: part(() => dialogs().then((module) => ({ default: module.WithdrawDialog }))),
  arm: part(() => import('./ArmDialog').then((module) => ({ default: module.ArmDialog }))),
  archive: part(() => dialogs().then((module) => ({ default: module.ArchiveDialog }))),
} as const
const CreateWalletDialog = part(() =>
  import('./CreateWalletDialog').then((module) => ({ default: module.CreateWalletDialog })),
)
const GRID = 'grid gap-3 md:grid-cols-2 2xl:grid-cols-3'

export function WalletsPage() {
  const wallets = useQuery(walletsQuery)
  const [creating, setCreating] = useState(false)
  const [acting, setActing] = useState<{ id: string; action: WalletAction } | null>(null)
  const wallet = wallets.data?.find((one) => one.id === acting?.id)
  const Dialog = acting === null ? null : DIALOGS[acting.action]
  return (
    <div className="space-y-3">
      <Surface
        query={wallets}
        what="Wallets"
        loading={<CardSkeletons label="Loading wallets" cards={2} className={GRID} />}
        className="space-y-3"
      >
        {(all) => {
          const active = all.filter((one) => one.status === 'active')
          return (
            <>
              <div className="flex flex-wrap items-center justify-between gap-2">
                <p role="status" className="num text-mid">
                  {plural(active.length, 'wallet')}, auto-trading in{' '}
                  {active.filter((one) => one.auto_trade_enabled).length}
                </p>
                <Button kind="primary" onClick={() => setCreating(true)}>
                  Create wallet
                </Button>
              </div>
              {active.length === 0 ? (
                <div className="rounded-md border border-line bg-s1">
                  <EmptyState title="No wallet yet">
                    <p>Start with a paper wallet: simulated money, real prices, the same rules as live.</p>
                  </EmptyState>
                </div>
              ) : (
                <div className={GRID}>
                  {active.map((one) => (
                    <WalletCard key={one.id} wallet={one} onAction={(action) => setActing({ id: one.id, action })} />
                  ))}
                </div>
              )}
            </>
          )
        }}
      </Surface>
      <Suspense fallback={null}>
        {creating && <CreateWalletDialog onClose={() => setCreating(false)} />}
        {wallet && Dialog && <Dialog wallet={wallet} onClose={() => setActing(null)} />}
      </Suspense>
    </div>
  )
}
