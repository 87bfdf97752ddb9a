import { useQuery } from '@tanstack/react-query'
import type { KillSwitchReceipt } from '@/lib/api/types'
import { plain, price, signedMoney } from '@/lib/format/numbers'
import { clock, elapsed } from '@/lib/format/time'
import { plural, shortSymbol } from '@/lib/format/words'
import { useZone } from '@/lib/preferences/zone'
import { Badge, SideBadge } from '@/ui/Badge'
import { Skeleton } from '@/ui/Skeleton'
import { Surface } from '@/ui/Surface'
import { outcomeWords, receiptQuery, stateWords } from './kill-switch'

function Steps({ receipt }: { readonly receipt: KillSwitchReceipt }) {
  const zone = useZone()
  const steps = [
    ['Asked for', receipt.requested_at],
    ['Entries halted', receipt.halted_at],
    ['Orders cancelled', receipt.cancelled_at],
    ['No entry can be accepted any more', receipt.quiescent_at],
    ['Proven flat at the venue', receipt.flat_at],
  ] as const
  return (
    <ol className="num space-y-1 text-xs">
      {steps.map(([text, at]) => (
        <li key={text} className="flex justify-between gap-3">
          <span className={at === null ? 'min-w-0 text-low' : 'min-w-0'}>
            <span aria-hidden="true">{at === null ? '○ ' : '● '}</span>
            {text}
          </span>
          <span className="whitespace-nowrap text-mid">
            {at === null ? 'not yet' : `${clock(at, zone)} · ${elapsed(receipt.requested_at, at)}`}
          </span>
        </li>
      ))}
    </ol>
  )
}

function Outcomes({ receipt }: { readonly receipt: KillSwitchReceipt }) {
  const zone = useZone()
  if (receipt.positions.length === 0) return <p className="text-mid">There was no position to close.</p>
  return (
    <ul className="divide-y divide-line">
      {receipt.positions.map((position) => (
        <li
          key={`${position.wallet_id}${position.trade_id ?? position.symbol}`}
          className="flex flex-wrap items-center gap-x-2 gap-y-0.5 py-1.5"
        >
          <b>{shortSymbol(position.symbol)}</b>
          <SideBadge side={position.side} />
          <span className="num text-xs text-mid">
            {plain(position.quantity)} · {position.wallet_name}
          </span>
          <span className="ml-auto text-right">
            <Badge tone={position.outcome === 'closing' ? 'warn' : 'outline'}>{outcomeWords(position.outcome)}</Badge>
            <span className="num block text-2xs text-mid">
              {position.closed_at !== null && `${clock(position.closed_at, zone)} market time`}
              {position.exit_price !== null && ` at ${price(position.exit_price)}`}
              {position.realized_pnl !== null && ` · ${signedMoney(position.realized_pnl)}`}
            </span>
          </span>
        </li>
      ))}
    </ul>
  )
}

/** A run of the kill switch as it goes: each step's time, what became of every position, and what stands in the way. */
export function KillSwitchReceiptView({ run }: { readonly run: string }) {
  const query = useQuery(receiptQuery(run))
  return (
    <Surface query={query} what="The receipt" loading={<Skeleton label="Loading the receipt" rows={6} />}>
      {(receipt) => (
        <div className="mt-3 space-y-3">
          <p role="status" className="text-sm font-semibold">
            {stateWords(receipt.state)}
            <span className="num block text-xs font-normal text-mid">
              {receipt.accounts_proven} of {plural(receipt.accounts, 'account')} proven flat
            </span>
          </p>
          {receipt.escalation !== null && receipt.flat_at === null && (
            <p role="alert" className="rounded border border-warn p-2 text-xs text-warn">
              {receipt.escalation}
            </p>
          )}
          <Steps receipt={receipt} />
          {receipt.waiting.length > 0 && (
            <ul className="space-y-1 text-xs">
              {receipt.waiting.map((account) => (
                <li key={account.wallet_id}>
                  <b>{account.wallet_name}</b> is not proven flat yet
                  {account.error === null ? '.' : `: ${account.error}`}
                </li>
              ))}
            </ul>
          )}
          <Outcomes receipt={receipt} />
          <p className="text-xs text-mid">
            Reason: {receipt.reason}
            {receipt.close_external ? ' Positions that are not ours were closed too.' : ''}
          </p>
        </div>
      )}
    </Surface>
  )
}
