import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useRef } from 'react'
import { call, newIdempotencyKey } from '@/lib/api/call'
import { keys } from '@/lib/api/queries'
import type { Position } from '@/lib/api/types'
import { signedMoney } from '@/lib/format/numbers'
import { shortSymbol } from '@/lib/format/words'
import { ArmButton } from '@/ui/ArmButton'
import { FormError } from '@/ui/ErrorState'
import { toast } from '@/ui/Toast'

interface Props {
  readonly position: Position
  /** What closing now is worth, quote currency. */
  readonly pnl: string | null
  readonly className?: string
}

/** Exits at market in two presses. Works without the stream; never disabled by stale prices. */
export function ExitButton({ position, pnl, className }: Props) {
  const client = useQueryClient()
  // One key until the server has answered: a retry after a lost answer must not be a second exit.
  const key = useRef<string | null>(null)
  const exit = useMutation({
    mutationFn: () => {
      key.current ??= newIdempotencyKey()
      return call('POST /positions/{trade_id}/close', { path: { trade_id: position.id }, idempotencyKey: key.current })
    },
    onSuccess: () => {
      key.current = null
      toast(`Exit of ${shortSymbol(position.symbol)} accepted. It closes at market.`)
      void client.invalidateQueries({ queryKey: keys.positions })
      void client.invalidateQueries({ queryKey: keys.position(position.id) })
    },
  })
  const leaving = position.status === 'EXITING' || exit.isSuccess
  return (
    <div className={className}>
      <ArmButton
        subject={shortSymbol(position.symbol)}
        confirm={pnl === null ? 'Confirm exit' : `Confirm exit, about ${signedMoney(pnl)}`}
        onFire={() => exit.mutate()}
        pending={exit.isPending || leaving}
        pendingText={leaving ? 'Exiting…' : 'Sending…'}
        className="w-full"
      >
        Exit now
      </ArmButton>
      {exit.error && (
        <div className="mt-2">
          <FormError error={exit.error} />
          <p className="mt-1 text-2xs text-mid">Nothing is known to have closed. Press again to retry the same exit.</p>
        </div>
      )}
    </div>
  )
}
