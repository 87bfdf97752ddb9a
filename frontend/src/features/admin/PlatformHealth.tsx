import { useQuery } from '@tanstack/react-query'
import type { SystemHealth } from '@/lib/api/types'
import { ABSENT, figure, plain } from '@/lib/format/numbers'
import { ago, duration } from '@/lib/format/time'
import { plural, words } from '@/lib/format/words'
import { useNow } from '@/lib/preferences/now'
import { Badge } from '@/ui/Badge'
import { Panel } from '@/ui/Panel'
import { Surface } from '@/ui/Surface'
import { platformHealthQuery } from './admin-queries'
import { Table } from './Table'

const MEBIBYTE = 1024 * 1024

function share(value: number | null): string {
  return value === null ? ABSENT : `${figure(value, 0)}%`
}

function seconds(value: number | null): string {
  return value === null ? ABSENT : duration(value * 1000)
}

function milliseconds(value: number | null): string {
  return value === null ? ABSENT : `${figure(value, 1)} ms`
}

function Alarms({ health }: { readonly health: SystemHealth }) {
  const silent = health.processes.filter((process) => !process.is_alive)
  const lost = health.stores.filter((store) => !store.answers)
  if (health.status === 'well') return <p className="px-3 pt-3">Everything answers, and nothing is at its limit.</p>
  return (
    <ul className="space-y-1 px-3 pt-3">
      {health.alarms.map((alarm) => (
        <li key={`${alarm.component}${alarm.gauge}`}>
          <b>{alarm.component}</b>: {words(alarm.gauge).toLowerCase()} is {figure(alarm.value, 1)}, the limit is{' '}
          {plain(alarm.limit)}.
        </li>
      ))}
      {silent
        .filter((process) => process.seen_at === null)
        .map((process) => (
          <li key={process.process}>
            <b>{process.process}</b> tells nothing of itself.
          </li>
        ))}
      {lost.map((store) => (
        <li key={store.store}>
          <b>{store.store}</b> does not answer.
        </li>
      ))}
      {health.needs_operator > 0 && <li>{plural(health.needs_operator, 'trade')} below need a person.</li>}
    </ul>
  )
}

function Processes({ health }: { readonly health: SystemHealth }) {
  const now = useNow()
  return (
    <Table
      label="Processes"
      heads={['Process', 'Machine', 'Heard', 'CPU', 'Memory', 'Disk', 'Own memory', 'Loop late by']}
      empty="No process tells anything."
      rows={health.processes.map((process) => ({
        key: `${process.process}${process.host}${process.pid}`,
        cells: [
          <span key="name" className="flex items-center gap-1.5">
            {process.process}
            {!process.is_alive && <Badge tone="crit">silent</Badge>}
          </span>,
          process.host ?? ABSENT,
          ago(process.seen_at, now),
          share(process.cpu_percent),
          share(process.memory_percent),
          share(process.disk_percent),
          process.rss_bytes === null ? ABSENT : `${figure(process.rss_bytes / MEBIBYTE, 0)} MiB`,
          milliseconds(process.loop_lag_milliseconds),
        ],
      }))}
    />
  )
}

function Others({ health }: { readonly health: SystemHealth }) {
  return (
    <div className="grid gap-2 lg:grid-cols-2">
      <Table
        label="Queues"
        heads={['Work that waits', 'How much', 'Oldest']}
        empty="No work waits."
        rows={health.queues.map((queue) => ({
          key: queue.queue,
          cells: [queue.queue, queue.depth === null ? ABSENT : plain(queue.depth), seconds(queue.oldest_seconds)],
        }))}
      />
      <Table
        label="Prices"
        heads={['Prices of', 'Symbols', 'Newest', 'Oldest']}
        empty="No venue is followed."
        rows={health.streams.map((stream) => ({
          key: stream.venue,
          cells: [stream.venue, plain(stream.symbols), seconds(stream.newest_seconds), seconds(stream.oldest_seconds)],
        }))}
      />
      <Table
        label="Calls to venues"
        heads={['Venue', 'From', 'Calls a minute', 'Without answer', 'p50', 'p95']}
        empty="No venue was called in the last minute."
        rows={health.venues.map((venue) => ({
          key: `${venue.venue}${venue.process}`,
          cells: [
            venue.venue,
            venue.process,
            plain(venue.calls),
            plain(venue.errors),
            milliseconds(venue.p50_milliseconds),
            milliseconds(venue.p95_milliseconds),
          ],
        }))}
      />
      <Table
        label="Stores"
        heads={['Store', 'Answers', 'In', 'Memory in use']}
        empty="No store is known."
        rows={health.stores.map((store) => ({
          key: store.store,
          cells: [
            store.store,
            store.answers ? 'yes' : 'no',
            milliseconds(store.milliseconds),
            store.used_bytes === null ? ABSENT : `${figure(store.used_bytes / MEBIBYTE, 0)} MiB`,
          ],
        }))}
      />
    </div>
  )
}

/** Every process, queue, stream, venue and store, and what is at or beyond its limit. */
export function PlatformHealth() {
  const query = useQuery(platformHealthQuery)
  return (
    <Panel
      title="Health of the platform"
      aside={
        query.data && (
          <Badge tone={query.data.status === 'well' ? 'outline' : 'crit'}>
            {query.data.status === 'well' ? '● Well' : '■ In trouble'}
          </Badge>
        )
      }
    >
      <Surface query={query} what="The platform’s health" className="space-y-2">
        {(health) => (
          <>
            <Alarms health={health} />
            <Processes health={health} />
            <Others health={health} />
          </>
        )}
      </Surface>
    </Panel>
  )
}
