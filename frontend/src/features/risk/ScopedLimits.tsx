import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { call } from '@/lib/api/call'
import { keys, marketsQuery, scopedLimitsQuery, strategiesQuery } from '@/lib/api/queries'
import type { ScopedLimits as Scoped } from '@/lib/api/types'
import { plural, shortSymbol, words } from '@/lib/format/words'
import { byField } from '@/lib/forms'
import { Badge } from '@/ui/Badge'
import { Button } from '@/ui/Button'
import { EmptyState } from '@/ui/EmptyState'
import { FormError } from '@/ui/ErrorState'
import { DecimalField, SelectField } from '@/ui/Field'
import { DialogActions, Modal } from '@/ui/Modal'
import { Panel } from '@/ui/Panel'
import { Surface } from '@/ui/Surface'
import { Switch } from '@/ui/Switch'
import { toast } from '@/ui/Toast'
import { isLimit, type NumberSetting, SETTINGS } from './fields'
import { numberFault, shown } from './settings-form'

const ONLY_WIDER = new Set(['max_positions_per_wallet', 'max_positions_per_strategy'])
const FIELDS = SETTINGS.filter(
  (setting): setting is NumberSetting =>
    isLimit(setting.name) &&
    !ONLY_WIDER.has(setting.name) &&
    (setting.kind === 'decimal' || setting.kind === 'integer'),
)

type Values = Record<string, string>

export function scopeName(scope: Pick<Scoped, 'scope' | 'key'>): string {
  return scope.scope === 'symbol' ? shortSymbol(scope.key) : words(scope.key)
}

function valuesOf(scoped: Scoped | null): Values {
  const held = (scoped ?? {}) as Record<string, unknown>
  return Object.fromEntries(FIELDS.map(({ name }) => [name, held[name] == null ? '' : String(held[name])]))
}

/** The changed limits as the API takes them: counts as numbers, decimals as text, empty as none. */
export function scopedPatch(before: Values, after: Values): Record<string, string | number | null> {
  const changed = FIELDS.filter(({ name }) => (before[name] ?? '') !== (after[name] ?? '').trim())
  return Object.fromEntries(
    changed.map(({ name, kind }) => {
      const value = (after[name] ?? '').trim().replace(',', '.')
      return [name, value === '' ? null : kind === 'integer' ? Number(value) : value]
    }),
  )
}

function useOptions(): ReadonlyArray<readonly [string, string]> {
  const strategies = useQuery(strategiesQuery)
  const markets = useQuery(marketsQuery('paper'))
  return [
    ...(markets.data ?? []).map((market) => [`symbol ${market.symbol}`, shortSymbol(market.symbol)] as const),
    ...(strategies.data ?? []).map((strategy) => [`strategy ${strategy.id}`, `Strategy ${strategy.name}`] as const),
  ]
}

function EditDialog({ scoped, onClose }: { readonly scoped: Scoped | null; readonly onClose: () => void }) {
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

function inWords(scoped: Scoped): string {
  const held = scoped as unknown as Record<string, string | number | null>
  const set = FIELDS.filter(({ name }) => held[name] !== null && held[name] !== undefined)
  return set.map((setting) => `${setting.label.toLowerCase()} ${shown(setting, String(held[setting.name]))}`).join(', ')
}

/** Limits of single strategies and symbols. */
export function ScopedLimits() {
  const scopes = useQuery(scopedLimitsQuery)
  const [editing, setEditing] = useState<Scoped | 'new' | null>(null)
  return (
    <Panel title="Symbols and strategies" aside={<Button onClick={() => setEditing('new')}>Add limits…</Button>}>
      <Surface query={scopes} what="Limits of symbols and strategies">
        {(all) =>
          all.length === 0 ? (
            <EmptyState title="No limits of single symbols or strategies">
              <p>Your limits above hold for everything. Here one symbol or strategy can be kept tighter.</p>
            </EmptyState>
          ) : (
            <ul className="divide-y divide-line">
              {all.map((one) => (
                <li key={`${one.scope}${one.key}`} className="flex flex-wrap items-center gap-x-3 gap-y-1 px-3 py-2">
                  <b>{scopeName(one)}</b>
                  {one.trading_paused && <Badge tone="warn">Paused</Badge>}
                  <span className="num min-w-0 flex-1 text-xs text-mid">{inWords(one)}</span>
                  {one.pending.length > 0 && (
                    <span className="text-2xs text-low">{plural(one.pending.length, 'loosening')} waiting</span>
                  )}
                  <Button onClick={() => setEditing(one)} aria-label={`Edit the limits of ${scopeName(one)}`}>
                    Edit
                  </Button>
                </li>
              ))}
            </ul>
          )
        }
      </Surface>
      {editing !== null && <EditDialog scoped={editing === 'new' ? null : editing} onClose={() => setEditing(null)} />}
    </Panel>
  )
}
