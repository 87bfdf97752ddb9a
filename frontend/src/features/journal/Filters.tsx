import { useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { walletsQuery } from '@/lib/api/queries'
import { words } from '@/lib/format/words'
import { Button } from '@/ui/Button'
import { SelectField, TextField } from '@/ui/Field'
import { EXECUTION_STATUSES, type JournalSearch } from './journal-filter'

interface Props {
  readonly search: JournalSearch
  readonly onSearch: (change: Partial<JournalSearch>) => void
}

const TYPING_MS = 350

/** The symbol goes to the address once typing has paused. */
function SymbolField({ value, onChange }: { readonly value: string; readonly onChange: (value: string) => void }) {
  const [typed, setTyped] = useState(value)
  useEffect(() => setTyped(value), [value])
  useEffect(() => {
    if (typed.trim() === value) return
    const timer = setTimeout(() => onChange(typed.trim()), TYPING_MS)
    return () => clearTimeout(timer)
  }, [typed, value, onChange])
  return (
    <TextField
      label="Symbol"
      placeholder="BTC"
      autoComplete="off"
      spellCheck={false}
      value={typed}
      onChange={(event) => setTyped(event.target.value)}
      fieldClassName="w-28"
    />
  )
}

export function Filters({ search, onSearch }: Props) {
  const wallets = useQuery(walletsQuery)
  const options = (wallets.data ?? []).map((wallet) => [wallet.id, wallet.name] as const)
  const executions = search.tab !== 'trades'
  const filtered = Boolean(search.wallet || search.symbol || search.status)
  return (
    <search aria-label="Filter the journal" className="flex flex-wrap items-end gap-2 px-3 py-2">
      <SelectField
        label="Wallet"
        value={search.wallet ?? ''}
        onChange={(event) => onSearch({ wallet: event.target.value || undefined })}
        options={[['', 'All wallets'], ...options]}
      />
      <SymbolField value={search.symbol ?? ''} onChange={(symbol) => onSearch({ symbol: symbol || undefined })} />
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
