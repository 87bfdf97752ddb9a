import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { loadBlob, saveAs } from '@/lib/api/files'
import { Button } from '@/ui/Button'
import { FormError } from '@/ui/ErrorState'
import { TextField } from '@/ui/Field'

const DAY_MS = 86_400_000

function utcMinute(milliseconds: number): string {
  return new Date(milliseconds).toISOString().slice(0, 16)
}

/** What every breaker did between two times, as a page to read, keep or mail. */
export function BreakerReport() {
  const [since, setSince] = useState(() => utcMinute(Date.now() - DAY_MS))
  const [until, setUntil] = useState(() => utcMinute(Date.now() + 60_000))
  const report = useMutation({
    mutationFn: async () => {
      const period = new URLSearchParams({ since: `${since}:00Z`, until: `${until}:00Z` })
      saveAs(await loadBlob(`/admin/circuit-breaker/report?${period}`), `breakers-${since.slice(0, 10)}.html`)
    },
  })
  return (
    <form
      className="grid items-end gap-2 border-t border-line p-3 sm:grid-cols-[1fr_1fr_auto]"
      onSubmit={(event) => {
        event.preventDefault()
        report.mutate()
      }}
    >
      <TextField
        label="Report from, UTC"
        type="datetime-local"
        required
        value={since}
        onChange={(event) => setSince(event.target.value)}
      />
      <TextField
        label="Report until, UTC"
        type="datetime-local"
        required
        value={until}
        onChange={(event) => setUntil(event.target.value)}
      />
      <Button type="submit" pending={report.isPending} pendingText="Writing…">
        Save the report
      </Button>
      {report.error && (
        <div className="sm:col-span-3">
          <FormError error={report.error} />
        </div>
      )}
    </form>
  )
}
