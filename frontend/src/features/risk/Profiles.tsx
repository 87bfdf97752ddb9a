import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Suspense, useState } from 'react'
import { type Answer, callWithEtag } from '@/lib/api/call'
import { keys, riskProfilesQuery } from '@/lib/api/queries'
import type { Profile, RiskSettings } from '@/lib/api/types'
import { plural } from '@/lib/format/words'
import { Button } from '@/ui/Button'
import { Panel } from '@/ui/Panel'
import { part } from '@/ui/part'
import { Surface } from '@/ui/Surface'
import { toast } from '@/ui/Toast'
import { type Change, changesBetween, type FormValues, formValues } from './settings-form'

const LoosenDialog = part(() => import('./LoosenDialog').then((module) => ({ default: module.LoosenDialog })))

/** What a profile would change of the saved settings. */
export function profileChanges(saved: RiskSettings, profile: Profile): Change[] {
  const after = formValues({ ...saved, ...profile.settings } as unknown as RiskSettings)
  return changesBetween(formValues(saved), after as FormValues)
}

function Card(props: { readonly profile: Profile; readonly changes: number; readonly onChoose: () => void }) {
  const { profile, changes, onChoose } = props
  return (
    <li className="flex flex-col gap-1 rounded border border-line p-3">
      <h3 className="font-semibold">{profile.label}</h3>
      <p className="text-xs text-mid">{profile.explains}</p>
      <div className="mt-auto flex items-center justify-between gap-2 pt-2">
        <span className="num text-2xs text-low">
          {changes === 0 ? 'These are your settings' : `Changes ${plural(changes, 'setting')}`}
        </span>
        <Button onClick={onChoose} disabled={changes === 0} aria-label={`Apply ${profile.label}…`}>
          Apply…
        </Button>
      </div>
    </li>
  )
}

/** Ready-made settings, each with what it would change, confirmed before it does. */
export function Profiles({ saved }: { readonly saved: Answer<RiskSettings> }) {
  const client = useQueryClient()
  const profiles = useQuery(riskProfilesQuery)
  const [chosen, setChosen] = useState<Profile | null>(null)
  const apply = useMutation({
    mutationFn: ({ profile, consent }: { profile: Profile; consent: string | null }) =>
      callWithEtag('POST /risk/profiles/{profile}/apply', {
        path: { profile: profile.name },
        body: { consent },
        ifMatch: saved.etag,
      }),
    onSuccess: (answer, { profile }) => {
      client.setQueryData(keys.riskSettings, answer)
      void client.invalidateQueries({ queryKey: keys.riskStatus })
      setChosen(null)
      const waiting = answer.result.pending.length
      toast(`${profile.label} applied${waiting > 0 ? `; ${plural(waiting, 'loosening')} waiting until tomorrow` : ''}.`)
    },
  })
  return (
    <Panel title="Profiles" aside={<span className="text-2xs text-low">The platform’s floor stays under each</span>}>
      <Surface query={profiles} what="Profiles">
        {(all) => (
          <ul className="grid gap-3 p-3 sm:grid-cols-2 xl:grid-cols-3">
            {all.map((profile) => (
              <Card
                key={profile.name}
                profile={profile}
                changes={profileChanges(saved.result, profile).length}
                onChoose={() => {
                  apply.reset()
                  setChosen(profile)
                }}
              />
            ))}
          </ul>
        )}
      </Surface>
      {chosen && (
        <Suspense fallback={null}>
          <LoosenDialog
            title={`Apply ${chosen.label}`}
            act="Apply profile"
            changes={profileChanges(saved.result, chosen)}
            error={apply.error}
            pending={apply.isPending}
            onClose={() => setChosen(null)}
            onConfirm={(consent) => apply.mutate({ profile: chosen, consent })}
          />
        </Suspense>
      )}
    </Panel>
  )
}
