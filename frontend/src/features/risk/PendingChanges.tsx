import { useMutation, useQueryClient } from '@tanstack/react-query'
import { callWithEtag } from '@/lib/api/call'
import { keys } from '@/lib/api/queries'
import type { PendingChange, RiskSettings } from '@/lib/api/types'
import { momentBesideUtc } from '@/lib/format/time'
import { plural } from '@/lib/format/words'
import { useNow } from '@/lib/preferences/now'
import { useZone } from '@/lib/preferences/zone'
import { Button } from '@/ui/Button'
import { FormError } from '@/ui/ErrorState'
import { Panel } from '@/ui/Panel'
import { toast } from '@/ui/Toast'
import { SETTINGS } from './fields'
import { formValues, shown } from './settings-form'

interface Words {
  readonly label: string
  readonly before: string
  readonly after: string
}

/** A waiting change in the words of the form: "Leverage", "10×", "20×". */
export function pendingWords(saved: RiskSettings, change: PendingChange): Words {
  const setting = SETTINGS.find(({ name }) => name === change.setting)
  if (setting === undefined) return { label: change.setting, before: '', after: change.value ?? 'no limit' }
  const before = formValues(saved)[setting.name]
  const after = setting.kind === 'switch' ? change.value?.toLowerCase() === 'true' : (change.value ?? '')
  return { label: setting.label, before: shown(setting, before), after: shown(setting, after) }
}

function Waiting({ saved, change }: { readonly saved: RiskSettings; readonly change: PendingChange }) {
  const zone = useZone()
  const now = useNow()
  const client = useQueryClient()
  const cancel = useMutation({
    mutationFn: () => callWithEtag('DELETE /risk/settings/pending/{setting}', { path: { setting: change.setting } }),
    onSuccess: (answer) => {
      client.setQueryData(keys.riskSettings, answer)
      toast(`Cancelled: ${label} stays at ${before}.`)
    },
  })
  const { label, before, after } = pendingWords(saved, change)
  const due = new Date(change.effective_at).getTime() <= now
  return (
    <li className="flex flex-wrap items-center justify-between gap-x-4 gap-y-1 px-3 py-2">
      <div className="min-w-0">
        <p className="num">
          <span className="text-mid">{label}</span> {before} → <b>{after}</b>
        </p>
        <p className="num text-2xs text-low">
          {due
            ? 'Its day has come; it acts as soon as no loss limit is tripped.'
            : `Acts ${momentBesideUtc(change.effective_at, zone)}, or later while a loss limit is tripped.`}
        </p>
        {cancel.error && <FormError error={cancel.error} />}
      </div>
      <Button
        onClick={() => cancel.mutate()}
        pending={cancel.isPending}
        pendingText="Cancelling…"
        aria-label={`Cancel the change of ${label}`}
      >
        Cancel
      </Button>
    </li>
  )
}

/** Loosenings that wait for their day. Nothing is shown where none does. */
export function PendingChanges({ saved }: { readonly saved: RiskSettings }) {
  if (saved.pending.length === 0) return null
  return (
    <Panel
      title="Waiting to loosen"
      aside={
        <span className="text-2xs text-low">{plural(saved.pending.length, 'change')}, the stricter value binds</span>
      }
    >
      <ul className="divide-y divide-line">
        {saved.pending.map((change) => (
          <Waiting key={change.setting} saved={saved} change={change} />
        ))}
      </ul>
    </Panel>
  )
}
