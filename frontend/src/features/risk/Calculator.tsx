import { useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { call } from '@/lib/api/call'
import { marketsQuery, walletsQuery } from '@/lib/api/queries'
import type { EntryAnswer, EntryCheck, Wallet } from '@/lib/api/types'
import { figure, money, percent, plain, price } from '@/lib/format/numbers'
import { isMistyped, mistypedWords, typedDecimal } from '@/lib/format/typed'
import { limitName, shortSymbol, words } from '@/lib/format/words'
import { Badge } from '@/ui/Badge'
import { EmptyState } from '@/ui/EmptyState'
import { ErrorState } from '@/ui/ErrorState'
import { DecimalField, SelectField } from '@/ui/Field'
import { Panel } from '@/ui/Panel'

const WAIT_MS = 350
const METHODS = [
  ['', 'As the wallet sizes'],
  ['fixed_percent', 'Fixed percent at risk'],
  ['fixed_amount', 'Fixed amount'],
  ['kelly', 'Kelly fraction'],
  ['risk_parity', 'Risk parity'],
] as const

interface Typed {
  readonly wallet: string
  readonly symbol: string
  readonly side: 'long' | 'short'
  readonly entry: string
  readonly stop: string
  readonly target: string
  readonly confidence: string
  readonly method: string
}

/** The question as the server takes it; null while something needed is missing or no number. */
export function questionOf(typed: Typed): EntryCheck | null {
  if (typed.wallet === '' || typed.symbol === '' || typedDecimal(typed.stop) === '') return null
  if ([typed.entry, typed.stop, typed.target, typed.confidence].some(isMistyped)) return null
  const optional = (name: string, text: string) => (typedDecimal(text) === '' ? {} : { [name]: typedDecimal(text) })
  return {
    wallet_id: typed.wallet,
    symbol: typed.symbol,
    side: typed.side,
    stop_price: typedDecimal(typed.stop),
    ...optional('entry_price', typed.entry),
    ...optional('take_profit_price', typed.target),
    ...optional('signal_confidence', typed.confidence),
    ...(typed.method === '' ? {} : { position_sizing_method: typed.method }),
  } as EntryCheck
}

/** The value as it was when the typing last paused. */
function useSettled<Value>(value: Value): Value {
  const [settled, setSettled] = useState(value)
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), WAIT_MS)
    return () => clearTimeout(timer)
  }, [value])
  return settled
}

function Steps({ answer }: { readonly answer: EntryAnswer }) {
  const { steps } = answer
  if (steps === null) return null
  const rows: Array<readonly [string, string, boolean]> = [
    [
      steps.risk_percent === null
        ? `${words(answer.method)} proposes`
        : `${words(answer.method)}: ${percent(steps.risk_percent)} of equity at risk (${money(steps.budget)}) proposes`,
      money(steps.proposed_notional),
      false,
    ],
    ...steps.caps.map(
      (cap) => [`Cap: ${limitName(cap.cap)}`, money(cap.notional), cap.cap === answer.binding_cap] as const,
    ),
    ['Rounded down to whole steps by', `${plain(steps.rounded_off)} units`, false],
    ['Position', money(answer.notional), false],
  ]
  return (
    <table className="num w-full text-xs">
      <caption className="sr-only">How the size came about</caption>
      <tbody>
        {rows.map(([label, value, binds], index) => (
          <tr key={label} className={index === rows.length - 1 ? 'border-t border-line font-semibold' : ''}>
            <th scope="row" className="py-0.5 pr-3 text-left font-normal text-mid">
              {label} {binds && <Badge tone="outline">binds</Badge>}
            </th>
            <td className="py-0.5 text-right whitespace-nowrap">{value}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function Figure({ term, value }: { readonly term: string; readonly value: string }) {
  return (
    <div>
      <dt className="text-2xs text-mid">{term}</dt>
      <dd className="font-semibold">{value}</dd>
    </div>
  )
}

function Result({ answer }: { readonly answer: EntryAnswer }) {
  const ratio = answer.risk_reward === null ? '–' : `${figure(answer.risk_reward, 2)} : 1`
  return (
    <div className="space-y-3">
      <p className="flex flex-wrap items-baseline gap-x-3">
        {answer.approved ? <Badge>✓ Would be approved</Badge> : <Badge tone="crit">✕ Would be refused</Badge>}
        <span className="num text-lg font-semibold">{money(answer.position_size_usd)}</span>
        <span className="num text-mid">
          {plain(answer.quantity)} {shortSymbol(answer.symbol).split('/')[0]} at {price(answer.entry_price)}
        </span>
      </p>
      {answer.breaches.length > 0 && (
        <ul aria-label="Reasons" className="space-y-1">
          {answer.breaches.map((breach) => (
            <li key={`${breach.code}${breach.scope}`}>
              <Badge tone="outline">{limitName(breach.code)}</Badge> {breach.message}
            </li>
          ))}
        </ul>
      )}
      <dl className="num grid grid-cols-2 gap-x-4 gap-y-2 text-xs sm:grid-cols-4">
        <Figure term={`Margin at ${answer.leverage}×`} value={money(answer.margin)} />
        <Figure
          term="Loss at the stop"
          value={`${money(answer.risk_amount)}${answer.risk_r === null ? '' : ` (${figure(answer.risk_r, 2)} R)`}`}
        />
        <Figure term="Reward to risk, net" value={ratio} />
        <Figure term="Equity" value={money(answer.equity)} />
        <Figure
          term="Exposure heat"
          value={`${percent(answer.exposure_heat_percent, 1)} → ${percent(answer.exposure_heat_after_percent, 1)}`}
        />
        <Figure
          term="Open risk"
          value={`${percent(answer.open_risk_percent, 1)} → ${percent(answer.open_risk_after_percent, 1)}`}
        />
      </dl>
      <Steps answer={answer} />
    </div>
  )
}

function Answer({ question }: { readonly question: EntryCheck | null }) {
  const settled = useSettled(question)
  const key = settled === null ? '' : JSON.stringify(settled)
  const answer = useQuery({
    queryKey: ['position-size', key],
    queryFn: ({ signal }) => call('POST /risk/position-size', { body: JSON.parse(key) as EntryCheck, signal }),
    enabled: key !== '',
    placeholderData: (previous) => previous,
    retry: false,
    staleTime: 5000,
  })
  if (key === '') {
    return (
      <EmptyState title="Enter a stop price">
        <p>The answer comes from the same rules that decide every real entry. Nothing is reserved.</p>
      </EmptyState>
    )
  }
  if (answer.error)
    return <ErrorState what="Not calculated" error={answer.error} onRetry={() => void answer.refetch()} />
  if (answer.data === undefined) return <p className="text-mid">Calculating…</p>
  return (
    <div aria-live="polite" aria-busy={answer.isFetching} className={answer.isPlaceholderData ? 'opacity-60' : ''}>
      <Result answer={answer.data} />
    </div>
  )
}

function Form({ wallets }: { readonly wallets: ReadonlyArray<Wallet> }) {
  const [typed, setTyped] = useState<Typed>({
    wallet: wallets[0]?.id ?? '',
    symbol: '',
    side: 'long',
    entry: '',
    stop: '',
    target: '',
    confidence: '0.8',
    method: '',
  })
  const set = (part: Partial<Typed>) => setTyped((held) => ({ ...held, ...part }))
  const venue = wallets.find((wallet) => wallet.id === typed.wallet)?.venue ?? 'paper'
  const markets = useQuery(marketsQuery(venue))
  const symbols = markets.data?.map((market) => market.symbol) ?? []
  const symbol = typed.symbol || symbols[0] || ''
  const number = (name: 'entry' | 'stop' | 'target' | 'confidence', label: string, placeholder = '', hint?: string) => (
    <DecimalField
      label={label}
      value={typed[name]}
      placeholder={placeholder}
      hint={hint}
      error={isMistyped(typed[name]) ? mistypedWords(typed[name], 'Enter a number.') : undefined}
      onChange={(event) => set({ [name]: event.target.value })}
    />
  )
  return (
    <div className="grid gap-4 p-3 lg:grid-cols-[20rem_minmax(0,1fr)]">
      <form
        aria-label="Position size calculator"
        onSubmit={(event) => event.preventDefault()}
        className="grid grid-cols-2 content-start gap-3"
      >
        <SelectField
          label="Wallet"
          value={typed.wallet}
          options={wallets.map((wallet) => [wallet.id, wallet.name] as const)}
          onChange={(event) => set({ wallet: event.target.value })}
        />
        <SelectField
          label="Symbol"
          value={symbol}
          options={symbols.map((one) => [one, shortSymbol(one)] as const)}
          onChange={(event) => set({ symbol: event.target.value })}
        />
        <SelectField
          label="Side"
          value={typed.side}
          options={[
            ['long', 'Long'],
            ['short', 'Short'],
          ]}
          onChange={(event) => set({ side: event.target.value as Typed['side'] })}
        />
        {number('confidence', 'Confidence', '0–1')}
        {number('entry', 'Entry price', 'now')}
        {number('stop', 'Stop price')}
        {number('target', 'Target price', 'none')}
        <SelectField
          label="Sizing"
          value={typed.method}
          options={METHODS}
          onChange={(event) => set({ method: event.target.value })}
        />
      </form>
      <div className="min-w-0">
        <Answer question={questionOf({ ...typed, symbol })} />
      </div>
    </div>
  )
}

/** What an entry would come to: asked of the server, which asks the gate's own rules. */
export function Calculator() {
  const wallets = useQuery(walletsQuery)
  const active = wallets.data?.filter((wallet) => wallet.status === 'active') ?? []
  return (
    <Panel title="Position size calculator">
      {active.length > 0 ? (
        <Form wallets={active} />
      ) : (
        <EmptyState title="No wallet to size for">
          <p>A size depends on a wallet’s equity: create one first.</p>
        </EmptyState>
      )}
    </Panel>
  )
}
