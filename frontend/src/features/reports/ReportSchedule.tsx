import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { call } from '@/lib/api/call'
import { keys, reportScheduleQuery, walletsQuery } from '@/lib/api/queries'
import type { ReportSchedule as Schedule } from '@/lib/api/types'
import { dateTime } from '@/lib/format/time'
import { FormError } from '@/ui/ErrorState'
import { Panel } from '@/ui/Panel'
import { Surface } from '@/ui/Surface'
import { Switch } from '@/ui/Switch'
import { monthName } from './months'

type Scope = { environment: 'paper' | 'live'; wallet_id: string | null }

const same = (one: Scope, other: { environment: string; wallet_id: string | null }) =>
  one.environment === other.environment && one.wallet_id === other.wallet_id

function Switches({ schedule }: { readonly schedule: Schedule }) {
  const client = useQueryClient()
  const wallets = useQuery(walletsQuery)
  const change = useMutation({
    mutationFn: (scopes: Scope[]) => call('PUT /reports/schedule', { body: { scopes } }),
    onSuccess: (held) => client.setQueryData(keys.reportSchedule, held),
  })
  const rows: { scope: Scope; label: string }[] = [
    { scope: { environment: 'paper', wallet_id: null }, label: 'All paper wallets' },
    { scope: { environment: 'live', wallet_id: null }, label: 'All live wallets, real money' },
    ...(wallets.data ?? []).map((wallet) => ({
      scope: { environment: wallet.environment as Scope['environment'], wallet_id: wallet.id },
      label: `${wallet.name} (${wallet.environment})`,
    })),
  ]
  const held = schedule.scopes as Scope[]
  return (
    <div className="grid gap-2 p-3">
      {rows.map(({ scope, label }) => {
        const on = held.some((one) => same(scope, one))
        return (
          <Switch
            key={`${scope.environment} ${scope.wallet_id ?? ''}`}
            label={label}
            checked={on}
            disabled={change.isPending}
            onChange={() => change.mutate(on ? held.filter((one) => !same(scope, one)) : [...held, scope])}
          />
        )
      })}
      <p className="text-xs text-mid">
        {held.length > 0
          ? `${monthName(schedule.next_month)} comes after ${dateTime(schedule.next_at, schedule.time_zone)} (${schedule.time_zone}). `
          : 'Off: nothing is made or sent unless you ask. '}
        {schedule.mailed_to
          ? `Reports go to ${schedule.mailed_to} with the PDF attached.`
          : (schedule.not_mailed ?? 'Reports are kept here.')}
      </p>
      {change.error && <FormError error={change.error} />}
    </div>
  )
}

/** Of what a report is made and sent when a month is over. */
export function ReportSchedule() {
  const schedule = useQuery(reportScheduleQuery)
  return (
    <Panel title="Every month">
      <Surface query={schedule} what="The schedule">
        {(held) => <Switches schedule={held} />}
      </Surface>
    </Panel>
  )
}
