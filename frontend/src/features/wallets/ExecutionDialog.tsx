import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import { call } from '@/lib/api/call'
import { executionSettingsQuery, keys } from '@/lib/api/queries'
import type { Wallet } from '@/lib/api/types'
import { byField, focusFirstInvalid } from '@/lib/forms'
import { Button } from '@/ui/Button'
import { FormError } from '@/ui/ErrorState'
import { DecimalField, SelectField } from '@/ui/Field'
import { DialogActions, Drawer } from '@/ui/Modal'
import { Skeleton } from '@/ui/Skeleton'
import { Surface } from '@/ui/Surface'
import { Switch } from '@/ui/Switch'
import { toast } from '@/ui/Toast'
import {
  type ExecutionValues,
  executionChanges,
  executionFaults,
  executionValues,
  NUMBERS,
  UNITS,
  type Unit,
} from './execution-form'

const SLIPPAGES = [
  {
    name: 'max_slippage',
    label: 'Largest slippage',
    hint: 'The worst fill against the decision price that an entry accepts. Exits go out at any price.',
  },
  {
    name: 'max_deviation',
    label: 'Largest deviation',
    hint: 'How far the market may have moved against the entry since the decision.',
  },
] as const

const LABELS = {
  retry_attempts: { label: 'Tries again', unit: '×', hint: 'Of an entry that the venue turns down for a while.' },
  retry_delay_seconds: { label: 'First wait before a retry', unit: 's', hint: 'Doubled each time.' },
  execution_timeout_seconds: {
    label: 'Patience',
    unit: 's',
    hint: 'How long an entry waits for an order book that cannot be read.',
  },
  confirm_seconds: { label: 'Time for your yes', unit: 's', hint: 'Afterwards the entry is given up.' },
} as const

interface FormProps {
  readonly wallet: Wallet
  readonly start: ExecutionValues
  readonly etag: string | null
  readonly onClose: () => void
}

function ExecutionForm({ wallet, start, etag, onClose }: FormProps) {
  const client = useQueryClient()
  const form = useRef<HTMLFormElement>(null)
  const [values, setValues] = useState(start)
  const [own, setOwn] = useState<ReadonlyMap<string, string>>(new Map())
  const change = (part: Partial<ExecutionValues>) => setValues((before) => ({ ...before, ...part }))
  const save = useMutation({
    mutationFn: () =>
      call('PATCH /wallets/{wallet_id}/execution-settings', {
        path: { wallet_id: wallet.id },
        body: executionChanges(start, values),
        ifMatch: etag ?? '*',
      }),
    onSuccess: () => {
      toast(`Execution settings of ${wallet.name} are saved.`)
      onClose()
    },
    onError: () => focusFirstInvalid(form.current),
    onSettled: () => void client.invalidateQueries({ queryKey: keys.executionSettings(wallet.id) }),
  })
  const { known } = byField(save.error, Object.keys(start))
  const errorOf = (field: string) => own.get(field) ?? known.get(field)
  const numberField = ({ name, whole }: (typeof NUMBERS)[number]) => (
    <DecimalField
      key={name}
      {...LABELS[name]}
      inputMode={whole ? 'numeric' : 'decimal'}
      value={values[name]}
      onChange={(event) => change({ [name]: event.target.value })}
      error={errorOf(name)}
    />
  )
  return (
    <form
      ref={form}
      noValidate
      className="space-y-4"
      onSubmit={(event) => {
        event.preventDefault()
        const faults = executionFaults(values)
        setOwn(faults)
        if (faults.size > 0) focusFirstInvalid(form.current)
        else save.mutate()
      }}
    >
      {save.error && known.size === 0 && <FormError error={save.error} />}
      {SLIPPAGES.map(({ name, label, hint }) => (
        <div key={name} className="grid gap-3 sm:grid-cols-2">
          <DecimalField
            label={label}
            value={values[name]}
            onChange={(event) => change({ [name]: event.target.value })}
            hint={hint}
            error={errorOf(name)}
          />
          <SelectField
            label={`${label}, unit`}
            value={values[`${name}_unit`]}
            options={UNITS}
            onChange={(event) => change({ [`${name}_unit`]: event.target.value as Unit })}
            error={errorOf(`${name}_unit`)}
          />
        </div>
      ))}
      <Switch
        label="Market orders where the book allows"
        hint="Off: every entry carries its largest slippage as a limit price."
        checked={values.use_market_orders}
        onChange={(event) => change({ use_market_orders: event.target.checked })}
      />
      <Switch
        label="Ask me before each entry"
        hint="The entry waits on the positions page for your yes. Exits and stops never wait."
        checked={values.confirm_trades}
        onChange={(event) => change({ confirm_trades: event.target.checked })}
      />
      <div className="grid gap-3 sm:grid-cols-2">{NUMBERS.map(numberField)}</div>
      <DialogActions>
        <Button onClick={onClose}>Cancel</Button>
        <Button kind="primary" type="submit" pending={save.isPending} pendingText="Saving…">
          Save execution settings
        </Button>
      </DialogActions>
    </form>
  )
}

/** How this wallet's entries go out: slippage, retries, and whether each waits for a yes. */
export function ExecutionDialog({ wallet, onClose }: { readonly wallet: Wallet; readonly onClose: () => void }) {
  const query = useQuery(executionSettingsQuery(wallet.id))
  return (
    <Drawer open onClose={onClose} title={`Execution: ${wallet.name}`}>
      <Surface
        query={query}
        what="Execution settings"
        loading={<Skeleton label="Loading execution settings" rows={8} />}
      >
        {({ result, etag }) => (
          <ExecutionForm key={etag} wallet={wallet} start={executionValues(result)} etag={etag} onClose={onClose} />
        )}
      </Surface>
    </Drawer>
  )
}
