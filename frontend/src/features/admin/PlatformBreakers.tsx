import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { call } from '@/lib/api/call'
import type { Trip } from '@/lib/api/types'
import { dateTime } from '@/lib/format/time'
import { words } from '@/lib/format/words'
import { useZone } from '@/lib/preferences/zone'
import { ArmButton } from '@/ui/ArmButton'
import { FormError } from '@/ui/ErrorState'
import { SelectField, TextField } from '@/ui/Field'
import { Panel } from '@/ui/Panel'
import { Surface } from '@/ui/Surface'
import { tripsQuery } from './admin-queries'
import { BreakerReport } from './BreakerReport'
import { isOperated, type OperatedScope, SCOPES } from './operated-scope'

function Resume({ trip }: { readonly trip: Trip }) {
  const client = useQueryClient()
  const resume = useMutation({
    mutationFn: (scope: OperatedScope) =>
      call('POST /admin/circuit-breaker/resume', {
        body: { acknowledge: true, scope, scope_id: scope === 'platform' ? null : trip.scope_id },
      }),
    onSuccess: () => client.invalidateQueries({ queryKey: ['admin'] }),
  })
  const { scope } = trip
  if (!isOperated(scope)) return null
  return (
    <>
      <ArmButton
        subject={`${trip.scope} ${trip.scope_id}`}
        confirm="Confirm: let entries pass"
        onFire={() => resume.mutate(scope)}
        pending={resume.isPending}
      >
        Resume
      </ArmButton>
      {resume.error && <FormError error={resume.error} />}
    </>
  )
}

function Pause() {
  const client = useQueryClient()
  const [scope, setScope] = useState<OperatedScope>('platform')
  const [id, setId] = useState('')
  const [reason, setReason] = useState('')
  const pause = useMutation({
    mutationFn: () =>
      call('POST /admin/circuit-breaker/pause', {
        body: { scope, scope_id: scope === 'platform' ? null : id.trim(), reason: reason.trim() || null },
      }),
    onSuccess: () => client.invalidateQueries({ queryKey: ['admin'] }),
  })
  return (
    <div className="grid items-end gap-2 border-t border-line p-3 sm:grid-cols-[auto_1fr_1fr_auto]">
      <SelectField
        label="Stop entries of"
        value={scope}
        onChange={(event) => setScope(event.target.value as OperatedScope)}
        options={SCOPES}
      />
      {scope === 'platform' ? (
        <span />
      ) : (
        <TextField
          label={scope === 'venue' ? 'Venue' : 'User’s id'}
          value={id}
          onChange={(event) => setId(event.target.value)}
        />
      )}
      <TextField label="Reason" maxLength={300} value={reason} onChange={(event) => setReason(event.target.value)} />
      <ArmButton subject={scope} confirm="Confirm pause" onFire={() => pause.mutate()} pending={pause.isPending}>
        Pause entries
      </ArmButton>
      {pause.error && (
        <div className="sm:col-span-4">
          <FormError error={pause.error} />
        </div>
      )}
    </div>
  )
}

/** Everything that stops entries anywhere, and the way to stop and resume those of everybody, a venue or a user. */
export function PlatformBreakers() {
  const zone = useZone()
  const query = useQuery(tripsQuery)
  return (
    <Panel title="Breakers of everybody">
      <Surface query={query} what="The breakers">
        {(trips) =>
          trips.length === 0 ? (
            <p className="p-3 text-mid">Nothing stops entries anywhere.</p>
          ) : (
            <ul className="divide-y divide-line">
              {trips.map((trip) => (
                <li
                  key={`${trip.scope}${trip.scope_id}${trip.environment}${trip.cause}`}
                  className="flex flex-wrap items-center gap-x-3 gap-y-1 px-3 py-2"
                >
                  <span className="min-w-0 flex-1">
                    <b>{words(trip.cause)}</b> {words(trip.state).toLowerCase()}: {trip.scope} {trip.scope_id}
                    <span className="num block text-xs text-mid">
                      {trip.reason} By {trip.changed_by} since {dateTime(trip.changed_at, zone)}.
                    </span>
                  </span>
                  <Resume trip={trip} />
                </li>
              ))}
            </ul>
          )
        }
      </Surface>
      <Pause />
      <BreakerReport />
    </Panel>
  )
}
