import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { manualTradesQuery, walletsQuery } from '@/lib/api/queries'
import { count } from '@/lib/format/numbers'
import { plural } from '@/lib/format/words'
import { useZone } from '@/lib/preferences/zone'
import { handColumns, handLabel } from './hand-columns'
import { JournalTable } from './JournalTable'
import type { JournalSearch } from './journal-filter'

interface Props {
  readonly search: JournalSearch
  readonly onSearch: (change: Partial<JournalSearch>) => void
}

/** What a person or another program traded on the account, and what our exit rules would have done instead. */
export function ByHand({ search, onSearch }: Props) {
  const zone = useZone()
  const wallets = useQuery(walletsQuery)
  const query = useInfiniteQuery(
    manualTradesQuery({
      ...(search.wallet ? { wallet_id: search.wallet } : {}),
      ...(search.symbol ? { symbol: search.symbol } : {}),
    }),
  )
  const columns = useMemo(() => {
    const names = new Map((wallets.data ?? []).map((wallet) => [wallet.id, wallet.name]))
    return handColumns(zone, (id) => names.get(id) ?? '–')
  }, [zone, wallets.data])
  const first = query.data?.pages[0]
  return (
    <>
      {first && first.manual_trades_detected > 0 && (
        <p className="px-3 pb-2 text-mid">
          {plural(first.manual_trades_detected, 'trade')} by hand found, {count(first.successful_matches)} of them
          closed or reduced a position of ours.
        </p>
      )}
      <JournalTable
        label="Trades by hand"
        query={query}
        columns={columns}
        rowKey={(row) => row.id}
        rowLabel={(row) => handLabel(row, zone)}
        onOpen={(row) => onSearch({ trade: row.position_id ?? undefined, row: undefined })}
        openKey={undefined}
        filtered={Boolean(search.wallet || search.symbol)}
        empty="What you or another program trade on a connected account is found within seconds and listed here. It is never touched."
      />
    </>
  )
}
