import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { call } from '@/lib/api/call'
import { keys, marketsQuery, strategiesQuery } from '@/lib/api/queries'
import type { ScopedLimits as Scoped } from '@/lib/api/types'
import { plural, shortSymbol } from '@/lib/format/words'
import { byField } from '@/lib/forms'
import { Button } from '@/ui/Button'
import { FormError } from '@/ui/ErrorState'
import { DecimalField, SelectField } from '@/ui/Field'
import { DialogActions, Modal } from '@/ui/Modal'
import { Switch } from '@/ui/Switch'
import { toast } from '@/ui/Toast'
import { FIELDS, scopedPatch, scopeName, type Values, valuesOf } from './scoped-limits'
import { numberFault } from './settings-form'

function useOptions(): ReadonlyArray<readonly [string, string]> {
  const strategies = useQuery(strategiesQuery)
  const markets = useQuery(marketsQuery('paper'))
  return [
    ...(markets.data ?? []).map((market) => [`symbol ${market.symbol}`, shortSymbol(market.symbol)] as const),
    ...(strategies.data ?? []).map((strategy) => [`strategy ${strategy.id}`, `Strategy ${strategy.name}`] as const),
  ]
}

/** The limits of one symbol or strategy, to be set or changed. */
export function ScopedLimitsDialog({
  scoped,
  onClose,
}: {
  readonly scoped: Scoped | null
  readonly onClose: () => void
}) {
  const client = useQueryClient()
  const options = useOptions()
  const [chosen, setChosen] = useState(scoped === null ? '' : `${scoped.scope} ${scoped.key}`)
  const before = valuesOf(scoped)
  const [values, setValues] = useState<Values>(before)
  const [paused, setPaused] = useState(scoped?.trading_paused ?? false)
  const [tried, setTried] = useState(false)
  const subject = chosen || options[0]?.[0] || ''
  const [scope = 'symbol', key = ''] = subject.split(/ (.*)/)
  const save = useMutation({
    mutationFn: () =>
      call('PATCH /risk/scopes/{scope}/{key}', {
        path: { scope: scope as 'symbol', key: scope === 'symbol' ? (key.split('/')[0] ?? key) : key },
        body: {
          ...scopedPatch(before, values),
          ...(paused === (scoped?.trading_paused ?? false) ? {} : { trading_paused: paused }),
        },
        ifMatch: scoped === null ? '*' : `"${scoped.version}"`,
      }),
    onSuccess: (saved) => {
      void client.invalidateQueries({ queryKey: keys.scopedLimits })
      void client.invalidateQueries({ queryKey: keys.riskStatus })
      const waiting = saved.pending.length
      toast(
        `Saved for ${scopeName(saved)}${waiting > 0 ? `; ${plural(waiting, 'loosening')} waiting until tomorrow` : ''}.`,
      )
      onClose()
    },
  })
  const { known } = byField(
    save.error,
    FIELDS.map(({ name }) => name),
  )
  const faults = FIELDS.map((setting) => numberFault({ ...setting, optional: true }, values[setting.name] ?? ''))
  return (
    <Modal
      open
      onClose={onClose}
      title={scoped === null ? 'Limit a symbol or strategy' : `Limits of ${scopeName(scoped)}`}
      description="Held against everything of it, over all your wallets. The strictest of all levels binds each trade. What loosens waits until tomorrow."
    >
      <form
        noValidate
        className="mt-3 space-y-3"
        onSubmit={(event) => {
          event.preventDefault()
          setTried(true)
          if (faults.every((fault) => fault === null)) save.mutate()
        }}
      >
        {save.error !== null && known.size === 0 && <FormError error={save.error} />}
        {scoped === null && (
          <SelectField
            label="Of"
            value={subject}
            options={options}
            onChange={(event) => setChosen(event.target.value)}
          />
        )}
        <Switch
          label="Opens nothing"
          hint="Pauses entries of it; exits and stops go on."
          checked={paused}
          onChange={(event) => setPaused(event.target.checked)}
        />
        <div className="grid gap-3 sm:grid-cols-2">
          {FIELDS.map((setting, index) => (
            <DecimalField
              key={setting.name}
              label={setting.label}
              unit={setting.unit}
              placeholder="no limit"
              inputMode={setting.kind === 'integer' ? 'numeric' : 'decimal'}
              value={values[setting.name] ?? ''}
              onChange={(event) => setValues((held) => ({ ...held, [setting.name]: event.target.value }))}
              error={known.get(setting.name) ?? (tried ? (faults[index] ?? undefined) : undefined)}
            />
          ))}
        </div>
        <DialogActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" pending={save.isPending} pendingText="Saving…">
            Save limits
          </Button>
        </DialogActions>
      </form>
    </Modal>
  )
}
