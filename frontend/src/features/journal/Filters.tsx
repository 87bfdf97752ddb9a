import { useQueries, useQuery } from '@tanstack/react-query'
import { marketsQuery, walletsQuery } from '@/lib/api/queries'
import type { Market, Wallet } from '@/lib/api/types'
import { shortSymbol, words } from '@/lib/format/words'
import { Button } from '@/ui/Button'
import { SelectField } from '@/ui/Field'
import { EXECUTION_STATUSES, type JournalSearch } from './journal-filter'

interface Props {
  readonly search: JournalSearch
  readonly onSearch: (change: Partial<JournalSearch>) => void
}

/** The symbols of every venue on which there is a wallet. */
function useSymbols(wallets: ReadonlyArray<Wallet> | undefined): ReadonlyArray<string> {
  const venues = [...new Set((wallets ?? []).map((wallet) => wallet.venue))].sort()
  return useQueries({ queries: venues.map((venue) => marketsQuery(venue)), combine: symbolsOf })
}

function symbolsOf(queries: ReadonlyArray<{ data: ReadonlyArray<Market> | undefined }>): ReadonlyArray<string> {
  return [...new Set(queries.flatMap(({ data }) => (data ?? []).map((market) => market.symbol)))].sort()
}

export function Filters({ search, onSearch }: Props) {
  const wallets = useQuery(walletsQuery)
  const symbols = useSymbols(wallets.data)
  const chosen = search.symbol && !symbols.includes(search.symbol) ? [search.symbol, ...symbols] : symbols
  const options = (wallets.data ?? []).map((wallet) => [wallet.id, wallet.name] as const)
  const executions = search.tab === undefined
  const filtered = Boolean(search.wallet || search.symbol || search.status)
  return (
    <search aria-label="Filter the journal" className="flex flex-wrap items-end gap-2 px-3 py-2">
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
      {filtered && (
        <Button kind="quiet" onClick={() => onSearch({ wallet: undefined, symbol: undefined, status: undefined })}>
          Clear filters
        </Button>
      )}
    </search>
  )
}
