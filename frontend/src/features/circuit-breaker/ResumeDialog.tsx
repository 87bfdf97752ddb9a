import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { call } from '@/lib/api/call'
import { walletsQuery } from '@/lib/api/queries'
import type { BreakerStatus } from '@/lib/api/types'
import { dateTime } from '@/lib/format/time'
import { plural } from '@/lib/format/words'
import { useZone } from '@/lib/preferences/zone'
import { Button } from '@/ui/Button'
import { FormError } from '@/ui/ErrorState'
import { Facts } from '@/ui/Facts'
import { DialogActions, Modal } from '@/ui/Modal'
import { Checkbox } from '@/ui/Switch'
import { toast } from '@/ui/Toast'

interface Props {
  readonly status: BreakerStatus
  readonly onClose: () => void
  readonly onResumed: (status: BreakerStatus | undefined) => void
}

/** Resuming raises risk: why entries stand still, what will happen, and a tick that the cause was seen. */
export function ResumeDialog({ status, onClose, onResumed }: Props) {
  const zone = useZone()
  const wallets = useQuery(walletsQuery)
  const [seen, setSeen] = useState(false)
  const resume = useMutation({
    mutationFn: () => call('POST /circuit-breaker/resume', { body: { acknowledge: true } }),
    onSuccess: (next) => {
      onResumed(next)
      toast('Entries are allowed again.')
      onClose()
    },
  })
  const trading = wallets.data?.filter((wallet) => wallet.auto_trade_enabled).length ?? 0
  return (
    <Modal
      open
      onClose={onClose}
      title="Resume entries"
      description={`New positions may open at the next signal in ${plural(trading, 'wallet')} with auto-trading.`}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault()
          if (seen) resume.mutate()
        }}
      >
        <Facts
          className="mt-3"
          facts={[
            ['State', status.state === 'halted' ? 'Halted' : 'Entries paused'],
            ['Since', dateTime(status.changed_at, zone)],
            ['Reason', status.reason ?? '–'],
          ]}
        />
        <Checkbox
          className="mt-3"
          label="I have seen why entries stand still."
          checked={seen}
          onChange={(event) => setSeen(event.target.checked)}
        />
        {resume.error && (
          <div className="mt-3">
            <FormError error={resume.error} />
          </div>
        )}
        <DialogActions>
          <Button onClick={onClose}>Stay paused</Button>
          <Button kind="primary" type="submit" disabled={!seen} pending={resume.isPending} pendingText="Resuming…">
            Resume entries
          </Button>
        </DialogActions>
      </form>
    </Modal>
  )
}

export default ResumeDialog
