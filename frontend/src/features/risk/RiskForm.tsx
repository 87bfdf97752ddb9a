import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Suspense, useRef, useState } from 'react'
import { type FieldErrors, type Resolver, useForm, useWatch } from 'react-hook-form'
import { type Answer, callWithEtag } from '@/lib/api/call'
import { ApiProblem } from '@/lib/api/problem'
import { keys, riskSettingsQuery } from '@/lib/api/queries'
import type { RiskSettings } from '@/lib/api/types'
import { dateTime } from '@/lib/format/time'
import { plural } from '@/lib/format/words'
import { byField, focusFirstInvalid } from '@/lib/forms'
import { useZone } from '@/lib/preferences/zone'
import { Button } from '@/ui/Button'
import { Panel } from '@/ui/Panel'
import { part } from '@/ui/part'
import { toast } from '@/ui/Toast'
import { GROUPS, SETTING_NAMES } from './fields'
import { LeaveGuard } from './LeaveGuard'
import { SaveBar } from './SaveBar'
import { SettingField } from './SettingField'
import { type Change, changesBetween, type FormValues, faultsOf, formValues, patchOf } from './settings-form'

const LoosenDialog = part(() => import('./LoosenDialog').then((module) => ({ default: module.LoosenDialog })))

interface Wish {
  readonly wanted: ReadonlyArray<Change>
  /** What was typed to take a limit away; null where nothing had to be. */
  readonly consent: string | null
}

/** The form's own check, as react-hook-form asks for it. */
const checked: Resolver<FormValues> = (values) => {
  const faults = faultsOf(values)
  if (faults.length === 0) return { values, errors: {} }
  const errors = Object.fromEntries(faults.map(([name, message]) => [name, { type: 'number', message }]))
  return { values: {}, errors: errors as FieldErrors<FormValues> }
}

/** What the server did with a save: what acts now, and what waits. */
function savedInWords(wanted: ReadonlyArray<Change>, saved: RiskSettings): string {
  const waiting = wanted.filter(({ setting }) => saved.pending.some((one) => one.setting === setting.name)).length
  const acting = wanted.length - waiting
  const later = waiting === 0 ? '' : `${plural(waiting, 'loosening')} waiting until tomorrow`
  if (acting === 0) return `Saved: ${later}.`
  return `Saved: ${plural(acting, 'setting')}${later ? `, ${later}` : ''}.`
}

/** Somebody else saved in between: both stay on the page, nothing is lost. */
function ConflictNotice({ onReload }: { readonly onReload: () => void }) {
  return (
    <div role="alert" className="rounded border border-warn px-3 py-2">
      <p className="font-semibold text-warn">! These settings were changed elsewhere meanwhile.</p>
      <p>
        Load the saved values: your own stay in the fields, and the list of changes then compares with the new ones.
      </p>
      <Button className="mt-2" onClick={onReload}>
        Load the saved values
      </Button>
    </div>
  )
}

/** The settings as saved, and the form over them. Guarded navigation needs a router; tests turn it off. */
export function RiskForm({ saved, guard = true }: { readonly saved: Answer<RiskSettings>; readonly guard?: boolean }) {
  const zone = useZone()
  const client = useQueryClient()
  const element = useRef<HTMLFormElement>(null)
  const base = formValues(saved.result)
  const form = useForm<FormValues>({
    resolver: checked,
    defaultValues: base,
    mode: 'onTouched',
  })
  const current = useWatch({ control: form.control }) as FormValues
  const changes = changesBetween(base, { ...base, ...current })
  const [asking, setAsking] = useState<ReadonlyArray<Change> | null>(null)
  const save = useMutation({
    mutationFn: ({ wanted, consent }: Wish) =>
      callWithEtag('PATCH /risk/settings', {
        body: { ...patchOf(wanted), ...(consent === null ? {} : { consent }) },
        ifMatch: saved.etag,
      }),
    onSuccess: (answer, { wanted }) => {
      client.setQueryData(keys.riskSettings, answer)
      form.reset(formValues(answer.result))
      void client.invalidateQueries({ queryKey: keys.riskStatus })
      toast(savedInWords(wanted, answer.result))
    },
    onError: () => focusFirstInvalid(element.current),
  })
  const { known } = byField(save.error, SETTING_NAMES)
  const conflict = save.error instanceof ApiProblem && save.error.status === 412
  const submit = form.handleSubmit(
    () => {
      if (changes.some((change) => change.effect === 'loosens')) setAsking(changes)
      else save.mutate({ wanted: changes, consent: null })
    },
    () => focusFirstInvalid(element.current),
  )
  const reload = async () => {
    await client.fetchQuery({ ...riskSettingsQuery, staleTime: 0 })
    save.reset()
  }
  return (
    <>
      <form
        ref={element}
        noValidate
        onSubmit={(event) => void submit(event)}
        className="space-y-3"
        aria-label="Risk settings"
      >
        {conflict && <ConflictNotice onReload={() => void reload()} />}
        <div className="gap-3 space-y-3 xl:columns-2">
          {GROUPS.map((group) => (
            <Panel key={group.title} title={group.title} className="break-inside-avoid">
              <div className="grid gap-x-4 gap-y-3 p-3 sm:grid-cols-2">
                {group.settings.map((setting) => (
                  <SettingField
                    key={setting.name}
                    setting={setting}
                    form={form}
                    serverError={known.get(setting.name)}
                  />
                ))}
              </div>
            </Panel>
          ))}
        </div>
        <div className="flex flex-wrap items-center justify-between gap-2 text-2xs text-low">
          <span>
            Version {saved.result.version}, saved {dateTime(saved.result.updated_at, zone)}. An empty limit means no
            opinion at this level; the platform's own floor always holds.
          </span>
          <ResetButton etag={saved.etag} onReset={(answer) => form.reset(formValues(answer))} />
        </div>
        <SaveBar
          changes={changes}
          saving={save.isPending}
          error={conflict || known.size > 0 ? null : save.error}
          onDiscard={() => {
            save.reset()
            form.reset(base)
          }}
        />
      </form>
      {/* Outside the form: a submit inside a portal would bubble into it. */}
      {asking && (
        <Suspense fallback={null}>
          <LoosenDialog
            changes={asking}
            onClose={() => setAsking(null)}
            onConfirm={(consent) => {
              setAsking(null)
              save.mutate({ wanted: asking, consent })
            }}
          />
        </Suspense>
      )}
      {guard && <LeaveGuard dirty={changes.length > 0} />}
    </>
  )
}

const ResetDialog = part(() => import('./ResetDialog').then((module) => ({ default: module.ResetDialog })))

interface ResetProps {
  readonly etag: string | null
  readonly onReset: (settings: RiskSettings) => void
}

function ResetButton({ etag, onReset }: ResetProps) {
  const client = useQueryClient()
  const [open, setOpen] = useState(false)
  const reset = useMutation({
    mutationFn: () => callWithEtag('DELETE /risk/settings', { ifMatch: etag }),
    onSuccess: (answer) => {
      client.setQueryData(keys.riskSettings, answer)
      onReset(answer.result)
      setOpen(false)
      const waiting = answer.result.pending.length
      toast(
        waiting === 0
          ? 'The default settings are back.'
          : `Defaults asked for; ${waiting} of them wait until tomorrow.`,
      )
    },
  })
  return (
    <>
      <Button onClick={() => setOpen(true)}>Restore defaults…</Button>
      {open && (
        <Suspense fallback={null}>
          <ResetDialog
            error={reset.error}
            pending={reset.isPending}
            onClose={() => setOpen(false)}
            onConfirm={() => reset.mutate()}
          />
        </Suspense>
      )}
    </>
  )
}
