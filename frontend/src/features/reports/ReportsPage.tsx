import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { call } from '@/lib/api/call'
import { keys, reportScheduleQuery, walletsQuery } from '@/lib/api/queries'
import type { ReportRequest } from '@/lib/api/types'
import { useNow } from '@/lib/preferences/now'
import { useZone } from '@/lib/preferences/zone'
import { Button } from '@/ui/Button'
import { FormError } from '@/ui/ErrorState'
import { SelectField } from '@/ui/Field'
import { Panel } from '@/ui/Panel'
import { Checkbox } from '@/ui/Switch'
import { monthName, monthsBefore } from './months'
import { ReportList } from './ReportList'
import { ReportSchedule } from './ReportSchedule'

const OFFERED = 24

function Make() {
  const client = useQueryClient()
  const zone = useZone()
  const wallets = useQuery(walletsQuery)
  const schedule = useQuery(reportScheduleQuery)
  const months = monthsBefore(useNow(), zone, OFFERED)
  const [month, setMonth] = useState<string | null>(null)
  const [of, setOf] = useState('paper')
  const [send, setSend] = useState(false)
  const make = useMutation({
    mutationFn: (body: ReportRequest) => call('POST /reports', { body }),
    onSuccess: () => void client.invalidateQueries({ queryKey: keys.reports }),
  })
  const chosen = month ?? months[1] ?? ''
  const wallet = (wallets.data ?? []).find((one) => one.id === of)
  const environment = (wallet?.environment ?? of) as ReportRequest['environment']
  const mailable = schedule.data?.mailed_to != null
  return (
    <Panel title="Make one now">
      <form
        className="flex flex-wrap items-end gap-3 p-3"
        onSubmit={(event) => {
          event.preventDefault()
          make.mutate({ month: chosen, environment, wallet_id: wallet?.id ?? null, send: send && mailable })
        }}
      >
        <SelectField
          label="Month"
          value={chosen}
          onChange={(event) => setMonth(event.target.value)}
          options={months.map((one, back) => [one, back === 0 ? `${monthName(one)}, so far` : monthName(one)] as const)}
        />
        <SelectField
          label="Of"
          value={of}
          onChange={(event) => setOf(event.target.value)}
          options={[
            ['paper', 'All paper wallets'],
            ['live', 'All live wallets'],
            ...(wallets.data ?? []).map((one) => [one.id, `${one.name} (${one.environment})`] as const),
          ]}
        />
        {mailable && (
          <Checkbox
            label="Send it to me"
            className="self-center"
            checked={send}
            onChange={(event) => setSend(event.target.checked)}
          />
        )}
        <Button kind="primary" type="submit" pending={make.isPending} pendingText="Asking…">
          Make the report
        </Button>
        {make.error && <FormError error={make.error} />}
      </form>
    </Panel>
  )
}

/** A month as a document: what was made, at which risk, at what cost. Paper and live are never summed. */
export function ReportsPage() {
  return (
    <div className="grid items-start gap-3 xl:grid-cols-[minmax(0,2fr)_minmax(18rem,1fr)]">
      <div className="grid min-w-0 gap-3">
        <Make />
        <ReportList />
      </div>
      <ReportSchedule />
    </div>
  )
}
