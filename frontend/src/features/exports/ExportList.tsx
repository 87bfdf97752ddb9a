import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { call } from '@/lib/api/call'
import { loadBlob, saveAs } from '@/lib/api/files'
import { exportsQuery, keys } from '@/lib/api/queries'
import type { Export } from '@/lib/api/types'
import { count } from '@/lib/format/numbers'
import { dateTime } from '@/lib/format/time'
import { words } from '@/lib/format/words'
import { useZone } from '@/lib/preferences/zone'
import { Badge } from '@/ui/Badge'
import { Button } from '@/ui/Button'
import { FormError } from '@/ui/ErrorState'
import { Surface } from '@/ui/Surface'

const UNITS = ['B', 'kB', 'MB', 'GB'] as const

function size(bytes: number | null): string {
  if (bytes === null) return ''
  const step = Math.min(UNITS.length - 1, Math.floor(Math.log10(Math.max(bytes, 1)) / 3))
  return `${(bytes / 1000 ** step).toFixed(step === 0 ? 0 : 1)} ${UNITS[step]}`
}

function Row({ one }: { readonly one: Export }) {
  const zone = useZone()
  const client = useQueryClient()
  const load = useMutation({
    mutationFn: async () =>
      saveAs(
        await loadBlob(`/exports/${one.id}/file`),
        `stackalpha-${one.kind}-${one.created_at.slice(0, 10)}.${one.format}`,
      ),
  })
  const cancel = useMutation({
    mutationFn: () => call('DELETE /exports/{export_id}', { path: { export_id: one.id } }),
    onSuccess: () => void client.invalidateQueries({ queryKey: keys.exports }),
  })
  const going = one.status === 'waiting' || one.status === 'running'
  const name = `${words(one.kind)} as ${one.format.toUpperCase()}`
  const total = one.rows_total ?? 0
  return (
    <li className="flex flex-wrap items-center gap-x-3 gap-y-1 px-3 py-2">
      <span className="min-w-0 flex-1">
        <span className="font-semibold">{name}</span> <Badge>{words(one.status)}</Badge>
        <span className="num block text-xs text-mid">
          {dateTime(one.created_at, zone)} · {count(one.rows_done)}
          {one.rows_total === null ? '' : ` of ${count(total)}`} rows {size(one.size_bytes)}
        </span>
        {going && (
          <progress
            aria-label={`Progress of ${name}`}
            className="mt-1 h-1.5 w-full max-w-64 accent-(--fg)"
            max={Math.max(total, 1)}
            value={one.rows_done}
          />
        )}
        {one.error && <span className="block font-semibold text-crit">‼ {one.error}</span>}
      </span>
      {one.status === 'done' && (
        <Button
          onClick={() => load.mutate()}
          pending={load.isPending}
          pendingText="Loading…"
          aria-label={`Download ${name}`}
        >
          Download
        </Button>
      )}
      {going && (
        <Button onClick={() => cancel.mutate()} pending={cancel.isPending} pendingText="Cancelling…">
          Cancel
        </Button>
      )}
      {(load.error ?? cancel.error) && <FormError error={load.error ?? cancel.error} />}
    </li>
  )
}

/** The newest exports with their progress. */
export function ExportList() {
  const exports = useQuery(exportsQuery)
  return (
    <Surface query={exports} what="Exports">
      {(items) =>
        items.length === 0 ? (
          <p className="p-3 text-mid">No export yet. Each is made in the background and kept for a week.</p>
        ) : (
          <ul className="max-h-96 divide-y divide-line overflow-auto" tabIndex={0} aria-label="Exports">
            {items.map((one) => (
              <Row key={one.id} one={one} />
            ))}
          </ul>
        )
      }
    </Surface>
  )
}
