import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import { call, newIdempotencyKey } from '@/lib/api/call'
import { dateTime } from '@/lib/format/time'
import { plural, words } from '@/lib/format/words'
import { useZone } from '@/lib/preferences/zone'
import { Button } from '@/ui/Button'
import { FormError } from '@/ui/ErrorState'
import { SelectField, TextField } from '@/ui/Field'
import { Panel } from '@/ui/Panel'
import { previewOfScopeQuery, runOfScopeQuery } from './admin-queries'
import { type OperatedScope, SCOPES } from './operated-scope'

const PHRASE = 'CLOSE ALL'

/** How far a run is; it stays latched until an operator resumes the scope above. */
function Progress({ run }: { readonly run: string }) {
  const zone = useZone()
  const receipt = useQuery(runOfScopeQuery(run))
  if (receipt.data === undefined) return <p className="text-mid">Halted. Closing…</p>
  const seen = receipt.data
  const closed = seen.positions.filter((position) => position.outcome === 'closed').length
  return (
    <p role="status">
      <b>{words(seen.state)}</b>: {closed} of {plural(seen.positions.length, 'position')} closed, {seen.accounts_proven}{' '}
      of {plural(seen.accounts, 'account')} proven flat.
      {seen.flat_at === null ? '' : ` Flat at ${dateTime(seen.flat_at, zone)}.`}
      {seen.escalation === null ? '' : ` ${seen.escalation}`}
    </p>
  )
}

/** Halts everybody, a venue or a user, and closes what they hold. Never held back by a preview: the phrase is all
 * it takes. `user` is the id of whom to begin with; null: everybody. */
export function PlatformKillSwitch({ user }: { readonly user: string | null }) {
  const client = useQueryClient()
  const [scope, setScope] = useState<OperatedScope>(user === null ? 'platform' : 'user')
  const [id, setId] = useState(user ?? '')
  const [reason, setReason] = useState('')
  const [phrase, setPhrase] = useState('')
  const scopeId = scope === 'platform' ? null : id.trim()
  const preview = useQuery(previewOfScopeQuery(scope, scopeId))
  // One key until the server has answered: a retry after a lost answer is the same run.
  const key = useRef<string | null>(null)
  const press = useMutation({
    mutationFn: () => {
      key.current ??= newIdempotencyKey()
      return call('POST /admin/circuit-breaker/kill-switch', {
        idempotencyKey: key.current,
        body: { confirm: PHRASE, scope, scope_id: scopeId, reason: reason.trim() },
      })
    },
    onSuccess: () => {
      key.current = null
      setPhrase('')
      void client.invalidateQueries({ queryKey: ['admin'] })
    },
  })
  const ready = phrase.trim().toUpperCase() === PHRASE && reason.trim() !== '' && scopeId !== ''
  return (
    <Panel title="Kill switch">
      <form
        className="grid items-end gap-2 p-3 sm:grid-cols-2"
        onSubmit={(event) => {
          event.preventDefault()
          if (ready) press.mutate()
        }}
      >
        <SelectField
          label="Halt and close all of"
          value={scope}
          onChange={(event) => {
            const chosen = SCOPES.find(([known]) => known === event.target.value)
            if (chosen) setScope(chosen[0])
            key.current = null
          }}
          options={SCOPES}
        />
        {scope === 'platform' ? (
          <span />
        ) : (
          <TextField
            label={scope === 'venue' ? 'Venue to close' : 'Id of the user to close'}
            value={id}
            onChange={(event) => {
              setId(event.target.value)
              key.current = null
            }}
          />
        )}
        <TextField
          label="Why, for everybody whom it concerns"
          required
          // who came here by "Halt…" goes on here
          autoFocus={user !== null}
          maxLength={300}
          value={reason}
          onChange={(event) => setReason(event.target.value)}
        />
        <TextField
          label={`Type ${PHRASE} to confirm`}
          value={phrase}
          autoComplete="off"
          autoCapitalize="characters"
          spellCheck={false}
          onChange={(event) => setPhrase(event.target.value)}
        />
        <p className="text-mid sm:col-span-2">
          {preview.data === undefined
            ? 'What would be closed is not known now; the kill switch works all the same.'
            : `${plural(preview.data.positions.length, 'position')} and ${plural(preview.data.orders.length, 'order')} are in our books.`}
        </p>
        <div className="space-y-2 sm:col-span-2">
          <Button kind="danger" type="submit" disabled={!ready} pending={press.isPending} pendingText="Halting…">
            Halt and close all
          </Button>
          {press.error && <FormError error={press.error} />}
          {press.data !== undefined && <Progress run={press.data.id} />}
        </div>
      </form>
    </Panel>
  )
}
