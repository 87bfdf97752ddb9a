import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Suspense, useState } from 'react'
import { call } from '@/lib/api/call'
import { loadBlob, saveAs } from '@/lib/api/files'
import { keys, reportsQuery } from '@/lib/api/queries'
import type { Report } from '@/lib/api/types'
import { dateTime } from '@/lib/format/time'
import { words } from '@/lib/format/words'
import { useZone } from '@/lib/preferences/zone'
import { Badge, EnvironmentBadge } from '@/ui/Badge'
import { Button } from '@/ui/Button'
import { EmptyState } from '@/ui/EmptyState'
import { FormError } from '@/ui/ErrorState'
import { Panel } from '@/ui/Panel'
import { part } from '@/ui/part'
import { Surface } from '@/ui/Surface'
import { reportName } from './report-words'

const ReportPreview = part(() => import('./ReportPreview').then((held) => ({ default: held.ReportPreview })))

function Row({ report, onPreview }: { readonly report: Report; readonly onPreview: () => void }) {
  const zone = useZone()
  const client = useQueryClient()
  const load = useMutation({
    mutationFn: async (format: 'html' | 'pdf') =>
      saveAs(
        await loadBlob(`/reports/${report.id}/file?format=${format}`),
        `stackalpha-report-${report.month}-${report.environment}.${format}`,
      ),
  })
  const cancel = useMutation({
    mutationFn: () => call('DELETE /reports/{report_id}', { path: { report_id: report.id } }),
    onSuccess: () => void client.invalidateQueries({ queryKey: keys.reports }),
  })
  const going = report.status === 'waiting' || report.status === 'running'
  const name = reportName(report)
  return (
    <li className="flex flex-wrap items-center gap-x-3 gap-y-2 px-3 py-2">
      <span className="min-w-56 flex-1">
        <span className="font-semibold [overflow-wrap:anywhere]">{name}</span>{' '}
        <EnvironmentBadge environment={report.environment} /> <Badge>{words(report.status)}</Badge>
        <span className="block text-xs text-mid">
          {report.by_schedule ? 'Made by the schedule' : 'Asked for'} {dateTime(report.created_at, zone)}
          {report.mailed && ', sent by e-mail'}
        </span>
        {going && (
          <progress
            aria-label={`Progress of ${name}`}
            className="mt-1 h-1.5 w-full max-w-64 accent-(--fg)"
            max={report.steps_total}
            value={report.steps_done}
          />
        )}
        {report.error && <span className="block font-semibold text-crit">‼ {report.error}</span>}
      </span>
      {report.status === 'done' && (
        <span className="flex flex-wrap gap-2">
          <Button onClick={onPreview} aria-label={`Preview ${name}`}>
            Preview
          </Button>
          {(['pdf', 'html'] as const).map((format) => (
            <Button
              key={format}
              onClick={() => load.mutate(format)}
              pending={load.isPending && load.variables === format}
              pendingText="Loading…"
              aria-label={`Download ${name} as ${format.toUpperCase()}`}
            >
              {format.toUpperCase()}
            </Button>
          ))}
        </span>
      )}
      {(going || report.status === 'done') && (
        <Button
          kind="quiet"
          onClick={() => cancel.mutate()}
          pending={cancel.isPending}
          pendingText={going ? 'Cancelling…' : 'Removing…'}
          aria-label={`${going ? 'Cancel' : 'Remove'} ${name}`}
        >
          {going ? 'Cancel' : 'Remove'}
        </Button>
      )}
      {(load.error ?? cancel.error) && <FormError error={load.error ?? cancel.error} />}
    </li>
  )
}

/** The newest reports with their progress and their documents. */
export function ReportList() {
  const reports = useQuery(reportsQuery)
  const [shown, setShown] = useState<Report | null>(null)
  return (
    <Panel title="Reports">
      <Surface query={reports} what="Reports">
        {(items) =>
          items.length === 0 ? (
            <EmptyState title="No report yet">
              <p>Make one of a month above, or switch on a schedule: it comes when the month is over.</p>
            </EmptyState>
          ) : (
            <ul className="divide-y divide-line">
              {items.map((one) => (
                <Row key={one.id} report={one} onPreview={() => setShown(one)} />
              ))}
            </ul>
          )
        }
      </Surface>
      {shown && (
        <Suspense fallback={null}>
          <ReportPreview report={shown} onClose={() => setShown(null)} />
        </Suspense>
      )}
    </Panel>
  )
}
