import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useRef } from 'react'
import { call, newIdempotencyKey } from '@/lib/api/call'
import { keys } from '@/lib/api/queries'
import type { Position } from '@/lib/api/types'
import { duration } from '@/lib/format/time'
import { shortSymbol } from '@/lib/format/words'
import { useNow } from '@/lib/preferences/now'
import { Button } from '@/ui/Button'
import { FormError } from '@/ui/ErrorState'
import { toast } from '@/ui/Toast'

/** An entry that waits for its owner: yes or no, and how long there still is. */
export function ConfirmEntry({ position }: { readonly position: Position }) {
  const client = useQueryClient()
  const now = useNow()
  const key = useRef<string | null>(null)
  const name = shortSymbol(position.symbol)
  const answer = useMutation({
    mutationFn: (yes: boolean) => {
      key.current ??= newIdempotencyKey()
      const options = { path: { trade_id: position.id }, idempotencyKey: key.current }
      return yes
        ? call('POST /positions/{trade_id}/confirm', options)
        : call('POST /positions/{trade_id}/close', options)
    },
    onSuccess: (_, yes) => toast(yes ? `Entry in ${name} goes out.` : `Entry in ${name} is given up.`),
    onSettled: () => {
      key.current = null
      void client.invalidateQueries({ queryKey: keys.positions })
    },
  })
  if (position.awaits_yes_until === null) return null
  const left = new Date(position.awaits_yes_until).getTime() - now
  return (
    <div className="relative z-1 mt-2 rounded border border-warn p-2">
      <p>
        <b>Waits for your yes</b>
        <span className="num text-mid">{left > 0 ? `, ${duration(left)} left` : ', its time is over'}</span>
      </p>
      <div className="mt-2 flex flex-wrap gap-2">
        <Button
          kind="primary"
          onClick={() => answer.mutate(true)}
          pending={answer.isPending}
          pendingText="Sending…"
          aria-label={`Enter now: ${name}`}
        >
          Enter now
        </Button>
        <Button onClick={() => answer.mutate(false)} aria-label={`Give up: ${name}`}>
          Give up
        </Button>
      </div>
      {answer.error && <FormError error={answer.error} />}
    </div>
  )
}
