import { useQuery } from '@tanstack/react-query'
import { loadBlob } from '@/lib/api/files'
import type { Report } from '@/lib/api/types'
import { Drawer } from '@/ui/Modal'
import { Surface } from '@/ui/Surface'
import { reportName } from './report-words'

/** The report as it is, in a frame that may run nothing and reach nothing. */
export function ReportPreview({ report, onClose }: { readonly report: Report; readonly onClose: () => void }) {
  const page = useQuery({
    queryKey: ['report-page', report.id],
    queryFn: async ({ signal }) => (await loadBlob(`/reports/${report.id}/file?format=html`, signal)).text(),
    staleTime: Number.POSITIVE_INFINITY,
  })
  return (
    <Drawer open onClose={onClose} title={reportName(report)} wide>
      <Surface query={page} what="The report" className="flex min-h-0 flex-1">
        {(html) => (
          <iframe
            title={reportName(report)}
            sandbox=""
            srcDoc={html}
            className="h-[calc(100dvh-4rem)] w-full border-0"
          />
        )}
      </Surface>
    </Drawer>
  )
}
