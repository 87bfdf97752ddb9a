import { useMutation, useQueryClient } from '@tanstack/react-query'
import { call } from '@/lib/api/call'
import { keys } from '@/lib/api/queries'
import type { Wallet } from '@/lib/api/types'
import { money } from '@/lib/format/numbers'
import { dateTime } from '@/lib/format/time'
import { plural, shortSymbol, venueName, words } from '@/lib/format/words'
import { useZone } from '@/lib/preferences/zone'
import { Badge, EnvironmentBadge } from '@/ui/Badge'
import { Button } from '@/ui/Button'
import { FormError } from '@/ui/ErrorState'
import { Facts } from '@/ui/Facts'
import { Pnl } from '@/ui/Pnl'
import { toast } from '@/ui/Toast'
import { ownLimits } from './own-limits'

export type WalletAction = 'auto-trade' | 'execution' | 'rename' | 'deposit' | 'withdraw' | 'archive' | 'arm'

interface Props {
  readonly wallet: Wallet
  readonly onAction: (action: WalletAction) => void
}

/** Whether a live wallet may open anything, and the way to change it. */
function LiveState({ wallet, onArm }: { readonly wallet: Wallet; readonly onArm: () => void }) {
  const zone = useZone()
  const client = useQueryClient()
  const disarm = useMutation({
    mutationFn: () => call('POST /wallets/{wallet_id}/disarm', { path: { wallet_id: wallet.id } }),
    onSuccess: () => void client.invalidateQueries({ queryKey: keys.wallets }),
  })
  return (
    <div className="mx-3 mt-2 flex flex-wrap items-center gap-2 rounded border border-line-strong px-2 py-1">
      <span className="min-w-0 flex-1 font-semibold">
        {wallet.live_armed_at
          ? `Armed for real money since ${dateTime(wallet.live_armed_at, zone)}`
          : 'Not armed: it opens nothing'}
      </span>
      {wallet.live_armed_at ? (
        <Button onClick={() => disarm.mutate()} pending={disarm.isPending} pendingText="Disarming…">
          Disarm
        </Button>
      ) : (
        <Button onClick={onArm} aria-label={`Arm for live trading: ${wallet.name}`}>
          Arm…
        </Button>
      )}
      {disarm.error && <FormError error={disarm.error} />}
    </div>
  )
}

/** Taking risk away is one press, with undo: what is left out of the call stays as the wallet had it. */
function DisableButton({ wallet }: { readonly wallet: Wallet }) {
  const client = useQueryClient()
  const refresh = () => void client.invalidateQueries({ queryKey: keys.wallets })
  const path = { wallet_id: wallet.id }
  const undo = useMutation({
    mutationFn: () =>
      call('POST /wallets/{wallet_id}/auto-trade/enable', {
        path,
        body: { ...wallet.overrides, ...wallet.subscriptions },
      }),
    onSuccess: () => {
      refresh()
      toast(`Auto-trading is on again in ${wallet.name}.`)
    },
    onError: (error) => toast(`Not enabled again: ${error.message}`, { tone: 'crit' }),
  })
  const disable = useMutation({
    mutationFn: () => call('POST /wallets/{wallet_id}/auto-trade/disable', { path }),
    onSuccess: () => {
      refresh()
      toast(`Auto-trading is off in ${wallet.name}. Open positions stay managed.`, {
        action: { label: 'Undo', run: () => undo.mutate() },
      })
    },
  })
  return (
    <>
      <Button
        onClick={() => disable.mutate()}
        pending={disable.isPending}
        pendingText="Disabling…"
        aria-label={`Disable auto-trading: ${wallet.name}`}
      >
        Disable auto-trading
      </Button>
      {disable.error && <FormError error={disable.error} />}
    </>
  )
}

export function WalletCard({ wallet, onAction }: Props) {
  const zone = useZone()
  const { subscriptions: follows } = wallet
  const list = (values: ReadonlyArray<string>) => (values.length === 0 ? '–' : values.join(', '))
  const action = (name: WalletAction, text: string) => (
    <Button kind="quiet" onClick={() => onAction(name)} aria-label={`${text}: ${wallet.name}`}>
      {text}
    </Button>
  )
  return (
    <article aria-label={`Wallet ${wallet.name}`} className="flex flex-col rounded-md border border-line bg-s1">
      <header className="flex flex-wrap items-center gap-2 px-3 pt-3">
        <h2 className="min-w-0 text-sm font-semibold wrap-anywhere">{wallet.name}</h2>
        <EnvironmentBadge environment={wallet.environment} />
        <span className="text-xs text-mid">
          {venueName(wallet.venue)}
          {wallet.key_last4 && <span className="num"> · key …{wallet.key_last4}</span>}
        </span>
        <span className="ml-auto">
          {wallet.auto_trade_enabled ? (
            <Badge>▶ Auto-trading on</Badge>
          ) : (
            <Badge tone="outline">○ Auto-trading off</Badge>
          )}
        </span>
      </header>
      <div className="px-3 pt-2">
        <p className="num text-lg font-semibold">{money(wallet.equity)}</p>
        <p className="text-2xs text-low">Equity as of {dateTime(wallet.as_of, zone)}</p>
      </div>
      {wallet.environment === 'live' && <LiveState wallet={wallet} onArm={() => onAction('arm')} />}
      {wallet.entries_frozen_reason && (
        <p className="mx-3 mt-2 rounded border border-warn px-2 py-1 text-warn">
          <span aria-hidden="true">! </span>
          No entries in this wallet: {wallet.entries_frozen_reason}
        </p>
      )}
      <Facts
        className="px-3 py-2"
        facts={[
          ['Balance', money(wallet.balance)],
          ['Unrealised P&L', <Pnl key="pnl" value={wallet.unrealized_pnl} />],
          ['Free margin', money(wallet.free_margin)],
          ['Open positions', plural(wallet.open_positions, 'position')],
          ['Strategies', list(follows.strategies.map(words))],
          ['Symbols', list(follows.symbols.map(shortSymbol))],
          ['Timeframes', list(follows.timeframes)],
          ['Own limits', ownLimits(wallet.overrides)],
        ]}
      />
      <div className="mt-auto flex flex-wrap items-center gap-2 border-t border-line p-2">
        {wallet.auto_trade_enabled ? (
          <>
            <Button onClick={() => onAction('auto-trade')} aria-label={`Edit auto-trading: ${wallet.name}`}>
              Edit auto-trading
            </Button>
            <DisableButton wallet={wallet} />
          </>
        ) : (
          <Button
            kind="primary"
            onClick={() => onAction('auto-trade')}
            aria-label={`Enable auto-trading: ${wallet.name}`}
          >
            Enable auto-trading
          </Button>
        )}
        <span className="ml-auto flex flex-wrap">
          {wallet.environment === 'paper' && wallet.venue === 'paper' && (
            <>
              {action('deposit', 'Deposit')}
              {action('withdraw', 'Withdraw')}
            </>
          )}
          {action('execution', 'Execution')}
          {action('rename', 'Rename')}
          {action('archive', 'Archive')}
        </span>
      </div>
    </article>
  )
}
