import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { call } from '@/lib/api/call'
import type { FoundUser, Trip } from '@/lib/api/types'
import { dateTime } from '@/lib/format/time'
import { plural, words } from '@/lib/format/words'
import { useZone } from '@/lib/preferences/zone'
import { ArmButton } from '@/ui/ArmButton'
import { Badge } from '@/ui/Badge'
import { Button } from '@/ui/Button'
import { FormError } from '@/ui/ErrorState'
import { TextField } from '@/ui/Field'
import { Panel } from '@/ui/Panel'
import { tripsQuery, usersQuery } from './admin-queries'

interface Shown {
  readonly user: FoundUser
  readonly trips: ReadonlyArray<Trip>
  readonly onHalt: (userId: string) => void
}

/** One user, what stops its entries, and the ways to stop and resume them. A halt asks for its phrase below. */
function Found({ user, trips, onHalt }: Shown) {
  const zone = useZone()
  const client = useQueryClient()
  const scope = { scope: 'user', scope_id: user.id } as const
  const read = () => client.invalidateQueries({ queryKey: ['admin'] })
  const pause = useMutation({
    mutationFn: () => call('POST /admin/circuit-breaker/pause', { body: { ...scope, reason: null } }),
    onSuccess: read,
  })
  const resume = useMutation({
    mutationFn: () => call('POST /admin/circuit-breaker/resume', { body: { ...scope, acknowledge: true } }),
    onSuccess: read,
  })
  const error = pause.error ?? resume.error
  return (
    <li className="flex flex-wrap items-center gap-x-3 gap-y-1 px-3 py-2">
      <span className="min-w-0 flex-1">
        <b className="break-all">{user.email}</b> {user.role === 'admin' && <Badge>Administrator</Badge>}{' '}
        {user.disabled_at !== null && <Badge>Disabled</Badge>}
        <span className="num block text-xs break-all text-mid">
          {user.id} · since {dateTime(user.created_at, zone)} · {plural(user.wallets, 'wallet')},{' '}
          {plural(user.open_positions, 'open position')}
        </span>
        {trips.map((trip) => (
          <span key={`${trip.environment}${trip.cause}`} className="block text-xs font-semibold">
            {words(trip.state)}: {trip.reason}
          </span>
        ))}
      </span>
      <ArmButton subject={user.email} confirm="Confirm pause" onFire={() => pause.mutate()} pending={pause.isPending}>
        Pause entries
      </ArmButton>
      {trips.length > 0 && (
        <ArmButton
          subject={user.email}
          confirm="Confirm: let entries pass"
          onFire={() => resume.mutate()}
          pending={resume.isPending}
        >
          Resume
        </ArmButton>
      )}
      <Button aria-label={`Halt and close all of ${user.email}`} onClick={() => onHalt(user.id)}>
        Halt…
      </Button>
      {error && <FormError error={error} />}
    </li>
  )
}

/** Finds users by a part of their address or of a wallet's name, or by the beginning of their id. */
export function UserSearch({ onHalt }: { readonly onHalt: (userId: string) => void }) {
  const [typed, setTyped] = useState('')
  const [asked, setAsked] = useState('')
  const found = useInfiniteQuery(usersQuery(asked))
  const trips = useQuery(tripsQuery)
  const users = found.data?.pages.flatMap((page) => page.items) ?? []
  return (
    <Panel title="Users">
      <form
        className="grid items-end gap-2 p-3 sm:grid-cols-[1fr_auto]"
        role="search"
        onSubmit={(event) => {
          event.preventDefault()
          setAsked(typed.trim())
        }}
      >
        <TextField
          label="E-mail address, wallet’s name or id"
          type="search"
          maxLength={254}
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
        />
        <Button type="submit" disabled={typed.trim() === ''} pending={found.isFetching} pendingText="Searching…">
          Find users
        </Button>
      </form>
      {found.error && <FormError error={found.error} />}
      {found.isSuccess && users.length === 0 && (
        <p role="status" className="p-3 text-mid">
          Nobody matches.
        </p>
      )}
      <ul className="divide-y divide-line">
        {users.map((user) => (
          <Found
            key={user.id}
            user={user}
            trips={trips.data?.filter((trip) => trip.scope === 'user' && trip.scope_id === user.id) ?? []}
            onHalt={onHalt}
          />
        ))}
      </ul>
      {found.hasNextPage && (
        <p className="p-3">
          <Button onClick={() => void found.fetchNextPage()} pending={found.isFetchingNextPage} pendingText="Reading…">
            More users
          </Button>
        </p>
      )}
    </Panel>
  )
}
