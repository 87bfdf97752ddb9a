import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { call } from '@/lib/api/call'
import type { OperatorCase, OperatorChoice } from '@/lib/api/types'
import { plain, price } from '@/lib/format/numbers'
import { dateTime } from '@/lib/format/time'
import { shortSymbol } from '@/lib/format/words'
import { useZone } from '@/lib/preferences/zone'
import { ArmButton } from '@/ui/ArmButton'
import { EnvironmentBadge, SideBadge } from '@/ui/Badge'
import { FormError } from '@/ui/ErrorState'
import { Facts } from '@/ui/Facts'
import { TextField } from '@/ui/Field'
import { Panel } from '@/ui/Panel'
import { Surface } from '@/ui/Surface'
import { operatorCasesQuery } from './admin-queries'

const CHOICES: ReadonlyArray<readonly [OperatorChoice, string, string]> = [
  ['adopt', 'It is ours, go on', 'Confirm: take the venue’s position as ours'],
  ['close', 'Leave at market', 'Confirm: leave it at market'],
  ['mark_closed', 'It is gone', 'Confirm: close our books'],
]

function Case({ waiting }: { readonly waiting: OperatorCase }) {
  const zone = useZone()
  const client = useQueryClient()
  const [note, setNote] = useState('')
  const name = shortSymbol(waiting.symbol)
  const resolve = useMutation({
    mutationFn: (choice: OperatorChoice) =>
      call('POST /admin/operator-cases/{trade_id}/resolve', {
        path: { trade_id: waiting.trade_id },
        body: { choice, note: note.trim() },
      }),
    onSuccess: () => client.invalidateQueries({ queryKey: ['admin'] }),
  })
  return (
    <li className="space-y-2 p-3">
      <p className="flex flex-wrap items-center gap-2">
        <b>{name}</b>
        <SideBadge side={waiting.side} />
        <EnvironmentBadge environment={waiting.environment} />
        <span className="num text-xs text-mid">since {dateTime(waiting.since, zone)}</span>
      </p>
      <p>{waiting.reason ?? 'No reason was recorded.'}</p>
      <Facts
        facts={[
          ['Quantity, of planned', `${plain(waiting.quantity)} of ${plain(waiting.planned_quantity)}`],
          ['Entry', price(waiting.entry_price)],
          ['Stop', price(waiting.stop_price)],
          ['Orders, fills', `${waiting.orders.length}, ${waiting.fills.length}`],
          ['User', waiting.user_id],
          ['Trade', waiting.trade_id],
        ]}
      />
      <TextField label="Note for the audit log" value={note} onChange={(event) => setNote(event.target.value)} />
      <div className="flex flex-wrap gap-2">
        {CHOICES.map(([choice, text, confirm]) => (
          <ArmButton
            key={choice}
            subject={name}
            confirm={confirm}
            onFire={() => resolve.mutate(choice)}
            pending={resolve.isPending}
          >
            {text}
          </ArmButton>
        ))}
      </div>
      {resolve.isSuccess && (
        <p role="status" className="text-xs text-mid">
          Asked for. Where the venue’s facts do not allow it, the trade stays here with the reason.
        </p>
      )}
      {resolve.error && <FormError error={resolve.error} />}
    </li>
  )
}

/** Trades that the platform cannot resolve alone, longest waiting first. */
export function OperatorDesk() {
  const query = useQuery(operatorCasesQuery)
  return (
    <Panel title="Operator’s desk">
      <Surface query={query} what="Trades that need a person">
        {(cases) =>
          cases.length === 0 ? (
            <p className="p-3 text-mid">No trade needs a person.</p>
          ) : (
            <ul className="divide-y divide-line">
              {cases.map((waiting) => (
                <Case key={waiting.trade_id} waiting={waiting} />
              ))}
            </ul>
          )
        }
      </Surface>
    </Panel>
  )
}
