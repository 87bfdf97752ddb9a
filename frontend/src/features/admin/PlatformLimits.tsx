import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { call } from '@/lib/api/call'
import { ABSENT, plain } from '@/lib/format/numbers'
import { ArmButton } from '@/ui/ArmButton'
import { FormError } from '@/ui/ErrorState'
import { DecimalField, SelectField } from '@/ui/Field'
import { Panel } from '@/ui/Panel'
import { Surface } from '@/ui/Surface'
import { platformLimitsQuery } from './admin-queries'
import { Table } from './Table'

/** What binds everybody: the built-in floor, and what the operator tightened. Nothing here loosens what is built in. */
export function PlatformLimits() {
  const client = useQueryClient()
  const query = useQuery(platformLimitsQuery)
  const [name, setName] = useState('')
  const [value, setValue] = useState('')
  const chosen = query.data?.find((limit) => limit.name === name) ?? query.data?.[0]
  const adopt = (answer: { items: typeof query.data }) =>
    client.setQueryData(platformLimitsQuery.queryKey, answer.items)
  const tighten = useMutation({
    mutationFn: (setting: string) =>
      call('PUT /admin/risk/limits/{setting}', { path: { setting }, body: { value: value.trim() } }),
    onSuccess: adopt,
  })
  const remove = useMutation({
    mutationFn: (setting: string) => call('DELETE /admin/risk/limits/{setting}', { path: { setting } }),
    onSuccess: adopt,
  })
  const error = tighten.error ?? remove.error
  return (
    <Panel title="Limits of the platform">
      <Surface query={query} what="The platform’s limits">
        {(limits) => (
          <>
            <Table
              label="Every limit of the platform"
              heads={['Limit', 'Binds everybody at', 'Built in', 'Set here']}
              empty="There is no limit."
              rows={limits.map((limit) => ({
                key: limit.name,
                cells: [
                  limit.label,
                  limit.binding === null ? ABSENT : `${plain(limit.binding)} ${limit.unit}`,
                  plain(limit.built_in),
                  plain(limit.stored),
                ],
              }))}
            />
            <div className="grid items-end gap-2 border-t border-line p-3 sm:grid-cols-[1fr_10rem_auto_auto]">
              <SelectField
                label="Limit to tighten"
                value={chosen?.name ?? ''}
                onChange={(event) => setName(event.target.value)}
                options={limits.map((limit) => [limit.name, limit.label] as const)}
              />
              <DecimalField
                label="New value"
                unit={chosen?.unit ?? ''}
                value={value}
                onChange={(event) => setValue(event.target.value)}
              />
              <ArmButton
                subject={chosen?.label ?? 'limit'}
                confirm="Confirm for everybody"
                onFire={() => chosen && tighten.mutate(chosen.name)}
                pending={tighten.isPending}
              >
                Tighten
              </ArmButton>
              <ArmButton
                subject={chosen?.label ?? 'limit'}
                confirm="Confirm removal"
                onFire={() => chosen && remove.mutate(chosen.name)}
                pending={remove.isPending}
                disabled={chosen?.stored == null}
              >
                Remove
              </ArmButton>
            </div>
            {error && (
              <div className="px-3 pb-3">
                <FormError error={error} />
              </div>
            )}
          </>
        )}
      </Surface>
    </Panel>
  )
}
