import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Suspense, useEffect, useState } from 'react'
import { call } from '@/lib/api/call'
import { sentence } from '@/lib/api/problem'
import { breakerQuery, keys } from '@/lib/api/queries'
import type { BreakerStatus } from '@/lib/api/types'
import { useCommand } from '@/lib/commands'
import { Button } from '@/ui/Button'
import { Icon } from '@/ui/icons'
import { part } from '@/ui/part'
import { toast } from '@/ui/Toast'

const ResumeDialog = part(() => import('./ResumeDialog'))
const SLOW_MS = 5000

/** True once `pending` has lasted five seconds. */
function useSlow(pending: boolean): boolean {
  const [slow, setSlow] = useState(false)
  useEffect(() => {
    if (!pending) {
      setSlow(false)
      return
    }
    const timer = setTimeout(() => setSlow(true), SLOW_MS)
    return () => clearTimeout(timer)
  }, [pending])
  return slow
}

/** Pausing lowers risk: one press, no dialog, undo at hand. Resuming raises it: a dialog says what is about to happen. */
export function PauseResume() {
  const client = useQueryClient()
  const breaker = useQuery(breakerQuery)
  const [asking, setAsking] = useState(false)
  const adopt = (status: BreakerStatus | undefined) => {
    if (status !== undefined) client.setQueryData(keys.breaker, status)
    void client.invalidateQueries({ queryKey: keys.breaker })
    void client.invalidateQueries({ queryKey: keys.riskStatus })
  }
  const undo = useMutation({
    mutationFn: () => call('POST /circuit-breaker/resume', { body: { acknowledge: true } }),
    onSuccess: (status) => {
      adopt(status)
      toast('Pause undone. Entries are allowed again.')
    },
    onError: (error) => toast(`Not resumed: ${sentence(error)}`, { tone: 'crit' }),
  })
  const pause = useMutation({
    mutationFn: () => call('POST /circuit-breaker/pause', { body: { reason: 'paused from the top bar' } }),
    retry: 3,
    retryDelay: 1500,
    onSuccess: (status) => {
      adopt(status)
      toast('Entries are paused. Exits and stops go on.', { action: { label: 'Undo', run: () => undo.mutate() } })
    },
    onError: (error) =>
      toast(`Not paused: ${sentence(error)}`, {
        tone: 'crit',
        action: { label: 'Try again', run: () => pause.mutate() },
      }),
  })
  const slow = useSlow(pause.isPending)
  const paused = breaker.data !== undefined && breaker.data.state !== 'active'
  useCommand(
    breaker.data === undefined
      ? null
      : paused
        ? { id: 'resume', title: 'Resume entries…', group: 'Do', run: () => setAsking(true) }
        : { id: 'pause', title: 'Pause entries', group: 'Do', keys: 'Shift+P', run: () => pause.mutate() },
  )
  if (breaker.data === undefined) {
    // Keeps the button's place, so that nothing beside it moves when the state is known.
    return (
      <Button disabled className="invisible">
        <Icon name="pause" size={16} /> Pause<span className="hidden sm:inline"> entries</span>
      </Button>
    )
  }
  return (
    <>
      {paused ? (
        <Button onClick={() => setAsking(true)} aria-haspopup="dialog" aria-label="Resume entries…">
          <Icon name="play" size={16} />{' '}
          <span>
            Resume<span className="hidden sm:inline"> entries…</span>
          </span>
        </Button>
      ) : (
        <Button
          onClick={() => pause.mutate()}
          aria-label={pause.isPending ? undefined : 'Pause entries'}
          pending={pause.isPending}
          pendingText={slow ? 'Not confirmed yet, retrying' : 'Pausing…'}
        >
          <Icon name="pause" size={16} />{' '}
          <span>
            Pause<span className="hidden sm:inline"> entries</span>
          </span>
        </Button>
      )}
      {pause.error && !paused && (
        <span role="alert" className="text-xs font-semibold text-crit">
          Not paused
        </span>
      )}
      {asking && (
        <Suspense fallback={null}>
          <ResumeDialog status={breaker.data} onClose={() => setAsking(false)} onResumed={adopt} />
        </Suspense>
      )}
    </>
  )
}
