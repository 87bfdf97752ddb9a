import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { call } from '@/lib/api/call'
import { keys } from '@/lib/api/queries'
import type { Account } from '@/lib/api/types'
import { dateTime } from '@/lib/format/time'
import { byField } from '@/lib/forms'
import { useZone } from '@/lib/preferences/zone'
import { Button } from '@/ui/Button'
import { FormError } from '@/ui/ErrorState'
import { SelectField } from '@/ui/Field'
import { toast } from '@/ui/Toast'

function zones(present: string): ReadonlyArray<string> {
  const known = typeof Intl.supportedValuesOf === 'function' ? Intl.supportedValuesOf('timeZone') : []
  return [...new Set(['UTC', present, ...known])].sort()
}

/** Another time zone is a loosening: it waits for the next day, and is shown until then. */
export function TimeZone({ account }: { readonly account: Account }) {
  const zone = useZone()
  const client = useQueryClient()
  const [chosen, setChosen] = useState(account.time_zone)
  const done = () => void client.invalidateQueries({ queryKey: keys.account })
  const change = useMutation({
    mutationFn: () => call('PATCH /account', { body: { time_zone: chosen } }),
    onSuccess: () => {
      toast('The new time zone waits for your next day.')
      done()
    },
  })
  const keep = useMutation({ mutationFn: () => call('DELETE /account/pending-time-zone'), onSuccess: done })
  const { known } = byField(change.error, ['time_zone'])
  return (
    <div className="space-y-2">
      <form
        className="flex flex-wrap items-end gap-2"
        onSubmit={(event) => {
          event.preventDefault()
          change.mutate()
        }}
      >
        <SelectField
          label="Time zone"
          value={chosen}
          onChange={(event) => setChosen(event.target.value)}
          options={zones(account.time_zone).map((one) => [one, one] as const)}
          error={known.get('time_zone')}
          fieldClassName="grow"
        />
        <Button type="submit" disabled={chosen === account.time_zone} pending={change.isPending} pendingText="Asking…">
          Change time zone
        </Button>
      </form>
      <p className="text-2xs text-low">
        Loss limits count days, weeks and months in it, so another zone is a loosening: it waits until your next day,
        and longer while a loss limit is tripped.
      </p>
      {change.error && known.size === 0 && <FormError error={change.error} />}
      {account.pending_time_zone && (
        <p role="status" className="flex flex-wrap items-center gap-2 rounded border border-line bg-s2 p-2">
          <span className="min-w-0 flex-1">
            {account.pending_time_zone} from {dateTime(account.pending_time_zone_at, zone)} on.
          </span>
          <Button onClick={() => keep.mutate()} pending={keep.isPending} pendingText="Keeping…">
            Keep {account.time_zone}
          </Button>
        </p>
      )}
      {keep.error && <FormError error={keep.error} />}
    </div>
  )
}
