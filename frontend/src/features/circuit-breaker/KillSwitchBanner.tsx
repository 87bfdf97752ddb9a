import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Suspense, useState } from 'react'
import { breakerQuery, keys } from '@/lib/api/queries'
import { dateTime } from '@/lib/format/time'
import { useZone } from '@/lib/preferences/zone'
import { Button } from '@/ui/Button'
import { part } from '@/ui/part'
import { latchedRun, stateWords } from './kill-switch'

const KillSwitchDialog = part(() => import('./KillSwitchDialog'))
const ResumeDialog = part(() => import('./ResumeDialog'))

/** While the kill switch is latched every page says so, with the receipt and the way to resume. */
export function KillSwitchBanner() {
  const zone = useZone()
  const client = useQueryClient()
  const breaker = useQuery(breakerQuery)
  const [shown, setShown] = useState<'receipt' | 'resume' | null>(null)
  const run = latchedRun(breaker.data)
  if (breaker.data === undefined || run === null) return null
  return (
    <div
      role="alert"
      className="flex flex-wrap items-center gap-x-3 gap-y-1 border-b border-line bg-crit-solid px-3 py-1.5 text-on-crit md:px-4"
    >
      <p className="min-w-0 flex-1 text-xs">
        <b>Halted by the kill switch</b> since {dateTime(run.halted_at ?? run.requested_at, zone)}.{' '}
        {stateWords(run.state)}. No entry passes until you resume.
      </p>
      <div className="flex gap-2">
        <Button className="border-on-crit! text-on-crit! hover:bg-transparent!" onClick={() => setShown('receipt')}>
          Receipt
        </Button>
        {run.state === 'flat' && (
          <Button className="border-on-crit! text-on-crit! hover:bg-transparent!" onClick={() => setShown('resume')}>
            Resume…
          </Button>
        )}
      </div>
      <Suspense fallback={null}>
        {shown === 'receipt' && <KillSwitchDialog run={run.id} onRun={() => {}} onClose={() => setShown(null)} />}
        {shown === 'resume' && (
          <ResumeDialog
            status={breaker.data}
            onClose={() => setShown(null)}
            onResumed={() => void client.invalidateQueries({ queryKey: keys.breaker })}
          />
        )}
      </Suspense>
    </div>
  )
}
