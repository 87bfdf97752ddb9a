import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import { call } from '@/lib/api/call'
import { keys, marketsQuery, riskSettingsQuery, strategiesQuery } from '@/lib/api/queries'
import type { RiskSettings, Wallet } from '@/lib/api/types'
import { plain } from '@/lib/format/numbers'
import { shortSymbol } from '@/lib/format/words'
import { byField, focusFirstInvalid } from '@/lib/forms'
import { Button } from '@/ui/Button'
import { ErrorState, FormError } from '@/ui/ErrorState'
import { DecimalField, SelectField } from '@/ui/Field'
import { DialogActions, Drawer } from '@/ui/Modal'
import { Skeleton } from '@/ui/Skeleton'
import { Checkbox } from '@/ui/Switch'
import { toast } from '@/ui/Toast'
import {
  type AutoTradeValues,
  autoTradeBody,
  autoTradeFaults,
  autoTradeValues,
  type Choice,
  type Method,
  OVERRIDES,
} from './wallet-form'

interface Option {
  readonly id: string
  readonly text: string
  readonly hint?: string
}

function Choices(props: {
  legend: string
  options: ReadonlyArray<Option>
  chosen: ReadonlyArray<string>
  error: string | undefined
  onChange: (chosen: ReadonlyArray<string>) => void
}) {
  const { legend, options, chosen, error, onChange } = props
  return (
    <fieldset className="min-w-0">
      <legend className="mb-1 text-xs font-semibold text-mid">{legend}</legend>
      <div className="flex flex-wrap gap-x-5 gap-y-1.5">
        {options.map((option) => (
          <Checkbox
            key={option.id}
            label={option.text}
            hint={option.hint}
            checked={chosen.includes(option.id)}
            aria-invalid={error !== undefined}
            onChange={(event) =>
              onChange(event.target.checked ? [...chosen, option.id] : chosen.filter((one) => one !== option.id))
            }
          />
        ))}
      </div>
      {error && <p className="mt-1 text-xs font-semibold text-crit">‼ {error}</p>}
    </fieldset>
  )
}

function inherited(settings: RiskSettings | undefined, name: Exclude<keyof RiskSettings, 'pending'>): string {
  const value = settings?.[name]
  if (value === undefined) return 'Empty: as in your risk settings.'
  if (value === null) return 'Empty: no limit of yours.'
  if (typeof value === 'boolean') return `Your risk settings: ${value ? 'on' : 'off'}.`
  return `Empty: ${plain(value)}, from your risk settings.`
}

const METHODS: ReadonlyArray<readonly [Method, string]> = [
  ['', 'As in your risk settings'],
  ['fixed_percent', 'Fixed percent at risk'],
  ['fixed_amount', 'Fixed amount'],
  ['kelly', 'Kelly fraction'],
  ['risk_parity', 'Risk parity'],
]

function inheritedMethod(settings: RiskSettings | undefined): string {
  const own = METHODS.find(([method]) => method === settings?.position_sizing_method)
  return own ? `Your risk settings: ${own[1].toLowerCase()}.` : 'As in your risk settings.'
}

interface FormProps {
  readonly wallet: Wallet
  readonly start: AutoTradeValues
  readonly strategies: ReadonlyArray<Option>
  readonly symbols: ReadonlyArray<Option>
  readonly timeframes: ReadonlyArray<Option>
  readonly onClose: () => void
}

function AutoTradeForm({ wallet, start, strategies, symbols, timeframes, onClose }: FormProps) {
  const client = useQueryClient()
  const form = useRef<HTMLFormElement>(null)
  const settings = useQuery(riskSettingsQuery).data?.result
  const [values, setValues] = useState(start)
  const [own, setOwn] = useState<ReadonlyMap<string, string>>(new Map())
  const change = (part: Partial<AutoTradeValues>) => setValues((before) => ({ ...before, ...part }))
  const enable = useMutation({
    mutationFn: () =>
      call('POST /wallets/{wallet_id}/auto-trade/enable', {
        path: { wallet_id: wallet.id },
        body: autoTradeBody(values),
      }),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: keys.wallets })
      toast(`Auto-trading is on in ${wallet.name}.`)
      onClose()
    },
    onError: () => focusFirstInvalid(form.current),
  })
  const fields = [
    'position_sizing_method',
    'min_signal_confidence',
    'strategies',
    'symbols',
    'timeframes',
    ...OVERRIDES.map(({ name }) => name),
  ]
  const { known } = byField(enable.error, fields)
  const errorOf = (field: string) => own.get(field) ?? known.get(field)
  const choices: ReadonlyArray<readonly [Choice, string]> = [
    ['inherit', 'As in your risk settings'],
    ['on', 'On'],
    ['off', 'Off'],
  ]
  return (
    <form
      ref={form}
      noValidate
      className="space-y-4"
      onSubmit={(event) => {
        event.preventDefault()
        const faults = autoTradeFaults(values)
        setOwn(faults)
        if (faults.size > 0) focusFirstInvalid(form.current)
        else enable.mutate()
      }}
    >
      {enable.error && known.size === 0 && <FormError error={enable.error} />}
      <Choices
        legend="Strategies"
        options={strategies}
        chosen={values.strategies}
        error={errorOf('strategies')}
        onChange={(chosen) => change({ strategies: chosen })}
      />
      <Choices
        legend="Symbols"
        options={symbols}
        chosen={values.symbols}
        error={errorOf('symbols')}
        onChange={(chosen) => change({ symbols: chosen })}
      />
      <Choices
        legend="Timeframes"
        options={timeframes}
        chosen={values.timeframes}
        error={errorOf('timeframes')}
        onChange={(chosen) => change({ timeframes: chosen })}
      />
      <div className="grid gap-3 sm:grid-cols-2">
        <SelectField
          label="Sizing method"
          value={values.method}
          options={METHODS}
          onChange={(event) => change({ method: event.target.value as Method })}
          hint={inheritedMethod(settings)}
          error={errorOf('position_sizing_method')}
        />
        <DecimalField
          label="Least signal confidence"
          unit="0–1"
          value={values.confidence}
          onChange={(event) => change({ confidence: event.target.value })}
          hint={inherited(settings, 'min_signal_confidence')}
          error={errorOf('min_signal_confidence')}
        />
        <SelectField
          label="Trailing stop"
          value={values.trailing}
          options={choices}
          onChange={(event) => change({ trailing: event.target.value as Choice })}
          hint={inherited(settings, 'enable_trailing_stop')}
        />
        <SelectField
          label="Scale out"
          value={values.scaleOut}
          options={choices}
          onChange={(event) => change({ scaleOut: event.target.value as Choice })}
          hint={inherited(settings, 'enable_scale_out')}
        />
        <SelectField
          label="Averaging down (DCA)"
          value={values.averagesDown}
          options={choices}
          onChange={(event) => change({ averagesDown: event.target.value as Choice })}
          hint={`${inherited(settings, 'enable_dca')} On only where both say so.`}
        />
      </div>
      <details
        className="rounded border border-line p-3"
        open={own.size > 0 || Object.values(start.limits).some((limit) => limit !== '')}
      >
        <summary className="min-h-6 cursor-pointer content-center font-semibold pointer-coarse:min-h-11">
          Limits of this wallet alone
        </summary>
        <p className="mt-1 text-2xs text-low">The stricter of these and your risk settings holds.</p>
        <div className="mt-3 grid gap-3 sm:grid-cols-2">
          {OVERRIDES.map(({ name, label, unit, whole }) => (
            <DecimalField
              key={name}
              label={label}
              unit={unit}
              inputMode={whole ? 'numeric' : 'decimal'}
              value={values.limits[name]}
              onChange={(event) => change({ limits: { ...values.limits, [name]: event.target.value } })}
              hint={inherited(settings, name)}
              error={errorOf(name)}
            />
          ))}
        </div>
      </details>
      <DialogActions>
        <Button onClick={onClose}>Cancel</Button>
        <Button kind="primary" type="submit" pending={enable.isPending} pendingText="Enabling…">
          {wallet.auto_trade_enabled ? 'Save auto-trading' : 'Enable auto-trading'}
        </Button>
      </DialogActions>
    </form>
  )
}

/** What this wallet follows and within which limits; enabling lets the next signal open a position. */
export function AutoTradeDialog({ wallet, onClose }: { readonly wallet: Wallet; readonly onClose: () => void }) {
  const strategies = useQuery(strategiesQuery)
  const markets = useQuery(marketsQuery(wallet.venue))
  const failed = [strategies, markets].find((query) => query.error)
  const ready = strategies.data !== undefined && markets.data !== undefined
  const frames = [...new Set(strategies.data?.flatMap((strategy) => strategy.timeframes))]
  return (
    <Drawer open onClose={onClose} title={`Auto-trading: ${wallet.name}`}>
      {failed && (
        <ErrorState what="The choices could not be loaded" error={failed.error} onRetry={() => void failed.refetch()} />
      )}
      {!ready && !failed && <Skeleton label="Loading choices" rows={8} />}
      {ready && (
        <AutoTradeForm
          wallet={wallet}
          onClose={onClose}
          strategies={strategies.data.map(({ id, name, description }) => ({ id, text: name, hint: description }))}
          symbols={markets.data.map(({ symbol }) => ({ id: symbol, text: shortSymbol(symbol) }))}
          timeframes={frames.map((frame) => ({ id: frame, text: frame }))}
          start={autoTradeValues(wallet, {
            strategies: strategies.data.map(({ id }) => id),
            symbols: markets.data.map(({ symbol }) => symbol),
            timeframes: frames,
          })}
        />
      )}
    </Drawer>
  )
}
