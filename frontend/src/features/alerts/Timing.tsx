import { type FormEvent, useState } from 'react'
import type { NotificationSettings } from '@/lib/api/types'
import { Button } from '@/ui/Button'
import { FormError } from '@/ui/ErrorState'
import { TextField } from '@/ui/Field'
import { Panel } from '@/ui/Panel'
import { Switch } from '@/ui/Switch'
import { toast } from '@/ui/Toast'
import { useSettingsChange } from './useSettingsChange'

/** Quiet hours and the hour of the digest, in the account's own zone. */
export function Timing({ settings }: { readonly settings: NotificationSettings }) {
  const change = useSettingsChange()
  const [quiet, setQuiet] = useState(settings.quiet_hours !== null)
  const [begins, setBegins] = useState(settings.quiet_hours?.begins ?? '22:00')
  const [ends, setEnds] = useState(settings.quiet_hours?.ends ?? '07:00')
  const [digest, setDigest] = useState(settings.digest_at)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    change.mutate(
      { quiet_hours: quiet ? { begins, ends } : null, digest_at: digest },
      { onSuccess: () => toast('Quiet hours and digest are saved.') },
    )
  }
  return (
    <Panel title="When">
      <form onSubmit={submit} className="grid gap-3 p-3 sm:grid-cols-3">
        <Switch
          label="Quiet hours"
          hint={`Messages wait until they end; critical ones do not. Times are of ${settings.time_zone}.`}
          checked={quiet}
          onChange={(event) => setQuiet(event.target.checked)}
          className="sm:col-span-3"
        />
        <TextField
          label="Quiet from"
          type="time"
          required
          disabled={!quiet}
          value={begins}
          onChange={(event) => setBegins(event.target.value)}
        />
        <TextField
          label="Quiet until"
          type="time"
          required
          disabled={!quiet}
          value={ends}
          onChange={(event) => setEnds(event.target.value)}
        />
        <TextField
          label="Daily digest at"
          type="time"
          required
          value={digest}
          onChange={(event) => setDigest(event.target.value)}
        />
        {change.error && <FormError error={change.error} />}
        <div className="sm:col-span-3">
          <Button kind="primary" type="submit" pending={change.isPending} pendingText="Saving…">
            Save times
          </Button>
        </div>
      </form>
    </Panel>
  )
}
