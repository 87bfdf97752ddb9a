import { useQueries, useQuery } from '@tanstack/react-query'
import { marketsQuery, strategiesQuery, tagsQuery, walletsQuery } from '@/lib/api/queries'
import type { Market, Wallet } from '@/lib/api/types'
import { shortSymbol, words } from '@/lib/format/words'
import { Button } from '@/ui/Button'
import { SelectField, TextField } from '@/ui/Field'
import { EXECUTION_STATUSES, type JournalSearch } from './journal-filter'
import { SavedViews } from './SavedViews'

const FILTERS = ['wallet', 'symbol', 'status', 'strategy', 'side', 'tag', 'from', 'to'] as const

interface Props {
  readonly search: JournalSearch
  readonly onSearch: (change: Partial<JournalSearch>) => void
  readonly onExport: () => void
}

/** The symbols of every venue on which there is a wallet. */
function useSymbols(wallets: ReadonlyArray<Wallet> | undefined): ReadonlyArray<string> {
  const venues = [...new Set((wallets ?? []).map((wallet) => wallet.venue))].sort()
  return useQueries({ queries: venues.map((venue) => marketsQuery(venue)), combine: symbolsOf })
}

function symbolsOf(queries: ReadonlyArray<{ data: ReadonlyArray<Market> | undefined }>): ReadonlyArray<string> {
  return [...new Set(queries.flatMap(({ data }) => (data ?? []).map((market) => market.symbol)))].sort()
}

export function Filters({ search, onSearch, onExport }: Props) {
  const strategies = useQuery(strategiesQuery)
  const tags = useQuery({ ...tagsQuery, enabled: search.tab === 'trades' })
  const wallets = useQuery(walletsQuery)
  const symbols = useSymbols(wallets.data)
  const chosen = search.symbol && !symbols.includes(search.symbol) ? [search.symbol, ...symbols] : symbols
  const options = (wallets.data ?? []).map((wallet) => [wallet.id, wallet.name] as const)
  const executions = search.tab === undefined
  const trades = search.tab === 'trades'
  const dated = executions || trades
  const filtered = FILTERS.some((field) => search[field])
  return (
    <search
      aria-label="Filter the journal"
      className="grid grid-cols-2 items-end gap-2 px-3 py-2 sm:flex sm:flex-wrap sm:[&_select]:max-w-56"
    >
      <SelectField
        label="Wallet"
        value={search.wallet ?? ''}
        onChange={(event) => onSearch({ wallet: event.target.value || undefined })}
        options={[['', 'All wallets'], ...options]}
      />
      <SelectField
        label="Symbol"
        value={search.symbol ?? ''}
        onChange={(event) => onSearch({ symbol: event.target.value || undefined })}
        options={[['', 'All symbols'], ...chosen.map((symbol) => [symbol, shortSymbol(symbol)] as const)]}
      />
      {executions && (
        <SelectField
          label="Status"
          value={search.status ?? ''}
          onChange={(event) => onSearch({ status: event.target.value || undefined })}
          options={[['', 'Every status'], ...EXECUTION_STATUSES.map((status) => [status, words(status)] as const)]}
        />
      )}
      {trades && (
        <>
          <SelectField
            label="Strategy"
            value={search.strategy ?? ''}
            onChange={(event) => onSearch({ strategy: event.target.value || undefined })}
            options={[['', 'Every strategy'], ...(strategies.data ?? []).map((one) => [one.id, one.name] as const)]}
          />
          <SelectField
            label="Side"
            value={search.side ?? ''}
            onChange={(event) => onSearch({ side: (event.target.value || undefined) as JournalSearch['side'] })}
            options={[
              ['', 'Both sides'],
              ['long', 'Long'],
              ['short', 'Short'],
            ]}
          />
          <SelectField
            label="Tag"
            value={search.tag ?? ''}
            onChange={(event) => onSearch({ tag: event.target.value || undefined })}
            options={[
              ['', 'Every tag'],
              ...(tags.data ?? []).map((one) => [one.tag, `${one.tag} (${one.trades})`] as const),
            ]}
          />
        </>
      )}
      {dated && (
        <>
          <TextField
            label="From"
            type="date"
            value={search.from ?? ''}
            onChange={(event) => onSearch({ from: event.target.value || undefined })}
          />
          <TextField
            label="To"
            type="date"
            value={search.to ?? ''}
            onChange={(event) => onSearch({ to: event.target.value || undefined })}
          />
        </>
      )}
      {filtered && (
        <Button kind="quiet" onClick={() => onSearch(Object.fromEntries(FILTERS.map((field) => [field, undefined])))}>
          Clear filters
        </Button>
      )}
      <span className="col-span-2 ml-auto flex flex-wrap items-end gap-2">
        <SavedViews search={search} onSearch={onSearch} />
        {dated && <Button onClick={onExport}>Export…</Button>}
      </span>
    </search>
  )
}
