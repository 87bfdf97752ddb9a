import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { call } from '@/lib/api/call'
import { type AlertFilter, alertsQuery, keys, notificationsQuery, walletsQuery } from '@/lib/api/queries'
import type { Notification } from '@/lib/api/types'
import { dateTime } from '@/lib/format/time'
import { plural, words } from '@/lib/format/words'
import { useZone } from '@/lib/preferences/zone'
import { Badge } from '@/ui/Badge'
import { Button } from '@/ui/Button'
import { EmptyState } from '@/ui/EmptyState'
import { ErrorState, FormError } from '@/ui/ErrorState'
import { SelectField } from '@/ui/Field'
import { Panel } from '@/ui/Panel'
import { Skeleton } from '@/ui/Skeleton'
import { Checkbox } from '@/ui/Switch'
import { CATEGORIES, deliveryText, LEVEL_TONES, LEVELS } from './alert-words'

function Filters({ filter, onFilter }: { filter: AlertFilter; onFilter: (change: AlertFilter) => void }) {
  const wallets = useQuery(walletsQuery)
  return (
    <search aria-label="Filter the messages" className="flex flex-wrap items-end gap-2 px-3 py-2 [&_select]:max-w-56">
      <SelectField
        label="Level"
        value={filter.level ?? ''}
        onChange={(event) => onFilter({ level: event.target.value || undefined })}
        options={[['', 'Every level'], ...LEVELS.map((level) => [level, words(level)] as const)]}
      />
      <SelectField
        label="About"
        value={filter.category ?? ''}
        onChange={(event) => onFilter({ category: event.target.value || undefined })}
        options={[['', 'Everything'], ...CATEGORIES.map((one) => [one, words(one)] as const)]}
      />
      <SelectField
        label="Wallet"
        value={filter.wallet ?? ''}
        onChange={(event) => onFilter({ wallet: event.target.value || undefined })}
        options={[['', 'All wallets'], ...(wallets.data ?? []).map((one) => [one.id, one.name] as const)]}
      />
      <Checkbox
        label="Unread only"
        checked={filter.unread ?? false}
        onChange={(event) => onFilter({ unread: event.target.checked || undefined })}
        className="items-center!"
      />
    </search>
  )
}

function Message({ told, onRead }: { readonly told: Notification; readonly onRead: (id: string) => void }) {
  const zone = useZone()
  const unread = told.read_at === null && !told.silent
  const delivered = deliveryText(told.deliveries)
  return (
    <li className="flex flex-wrap items-start gap-x-3 gap-y-1 border-t border-line px-3 py-2">
      <div className="min-w-0 flex-1 basis-60">
        <p className="flex flex-wrap items-center gap-2">
          <Badge tone={LEVEL_TONES[told.level]}>{words(told.level)}</Badge>
          <span className={unread ? 'font-semibold' : 'text-mid'}>{told.title}</span>
          {unread && <span className="text-2xs text-low">unread</span>}
        </p>
        <p className="mt-0.5 text-mid [overflow-wrap:anywhere]">{told.sentence}</p>
        <p className="num mt-0.5 text-2xs text-low">
          {dateTime(told.created_at, zone)}
          {delivered && ` · ${delivered}`}
        </p>
      </div>
      {unread && (
        <Button kind="quiet" onClick={() => onRead(told.id)} aria-label={`Mark read: ${told.title}`}>
          Mark read
        </Button>
      )}
    </li>
  )
}

export function Feed() {
  const client = useQueryClient()
  const [filter, setFilter] = useState<AlertFilter>({})
  const query = useInfiniteQuery(notificationsQuery(filter))
  const unread = useQuery(alertsQuery).data?.unread ?? 0
  const read = useMutation({
    mutationFn: (ids: string[] | null) => call('POST /notifications/read', { body: ids === null ? {} : { ids } }),
    onSuccess: (left) => {
      client.setQueryData(keys.alerts, left)
      return client.invalidateQueries({ queryKey: keys.notifications })
    },
  })
  const messages = query.data?.pages.flatMap((page) => page.items) ?? []
  const filtered = Object.values(filter).some((value) => value !== undefined)
  return (
    <Panel
      title="Messages"
      aside={
        <span className="flex items-center gap-2">
          <span role="status" className="num text-2xs text-low">
            {unread} unread
          </span>
          <Button kind="quiet" disabled={unread === 0} pending={read.isPending} onClick={() => read.mutate(null)}>
            Mark all read
          </Button>
        </span>
      }
    >
      <Filters filter={filter} onFilter={(change) => setFilter((before) => ({ ...before, ...change }))} />
      {read.error && <FormError error={read.error} />}
      {query.isPending && <Skeleton label="Loading messages" rows={8} />}
      {query.error && (
        <ErrorState
          what="Messages could not be loaded"
          error={query.error}
          onRetry={() => void query.refetch()}
          olderShown={messages.length > 0}
        />
      )}
      {messages.length === 0 && query.isSuccess && (
        <EmptyState title={filtered ? 'No message matches the filter' : 'Nothing to tell yet'}>
          {!filtered && <p>Trades, limits that stop trading, and whatever needs you are told here as they happen.</p>}
        </EmptyState>
      )}
      <ul aria-label={plural(messages.length, 'message')}>
        {messages.map((told) => (
          <Message key={told.id} told={told} onRead={(id) => read.mutate([id])} />
        ))}
      </ul>
      {query.hasNextPage && (
        <div className="border-t border-line p-2">
          <Button
            kind="quiet"
            pending={query.isFetchingNextPage}
            pendingText="Loading…"
            onClick={() => void query.fetchNextPage()}
          >
            Older messages
          </Button>
        </div>
      )}
    </Panel>
  )
}
