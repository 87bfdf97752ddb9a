import { type FormEvent, useState } from 'react'
import type { ActivityChoice, NotificationSettings } from '@/lib/api/types'
import { Button } from '@/ui/Button'
import { FormError } from '@/ui/ErrorState'
import { SelectField, TextField } from '@/ui/Field'
import { Panel } from '@/ui/Panel'
import { Switch } from '@/ui/Switch'
import { toast } from '@/ui/Toast'
import { useSettingsChange } from './useSettingsChange'

const CHOICES = [
  ['notify', 'Tell me'],
  ['pause', 'Tell me and pause entries'],
  ['ignore', 'Do nothing'],
] as const

/** Quiet hours and the hour of the digest, in the account's own zone, and what unusual activity does. */
export function Timing({ settings }: { readonly settings: NotificationSettings }) {
  const change = useSettingsChange()
  const [quiet, setQuiet] = useState(settings.quiet_hours !== null)
  const [begins, setBegins] = useState(settings.quiet_hours?.begins ?? '22:00')
  const [ends, setEnds] = useState(settings.quiet_hours?.ends ?? '07:00')
  const [digest, setDigest] = useState(settings.digest_at)
  const [unusual, setUnusual] = useState<ActivityChoice>(settings.unusual_activity)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    change.mutate(
      { quiet_hours: quiet ? { begins, ends } : null, digest_at: digest, unusual_activity: unusual },
      { onSuccess: () => toast('Times and unusual activity are saved.') },
    )
  }
  return (
    <Panel title="When, and what is unusual">
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
        <SelectField
          label="Unusual activity"
          hint="Orders, sizes, markets, hours and refusals unlike the last four weeks; sign-ins from new places."
          fieldClassName="sm:col-span-3"
          options={CHOICES}
          value={unusual}
          onChange={(event) => {
            const chosen = CHOICES.find(([value]) => value === event.target.value)
            if (chosen) setUnusual(chosen[0])
          }}
        />
        {change.error && <FormError error={change.error} />}
        <div className="sm:col-span-3">
          <Button kind="primary" type="submit" pending={change.isPending} pendingText="Saving…">
            Save
          </Button>
        </div>
      </form>
    </Panel>
  )
}
