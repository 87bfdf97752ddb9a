import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type ReactNode, Suspense, useCallback, useMemo, useState } from 'react'
import { executionsQuery, tradesQuery, walletsQuery } from '@/lib/api/queries'
import { useZone } from '@/lib/preferences/zone'
import { part } from '@/ui/part'
import { Skeleton } from '@/ui/Skeleton'
import { executionColumns, executionLabel, tradeColumns, tradeLabel } from './columns'
import { Filters } from './Filters'
import { JournalTable } from './JournalTable'
import { apiFilter, type JournalSearch } from './journal-filter'

const ByHand = part(() => import('./ByHand').then((module) => ({ default: module.ByHand })))
const ExecutionQuality = part(() =>
  import('./ExecutionQuality').then((module) => ({ default: module.ExecutionQuality })),
)
const ExportDialog = part(() => import('./ExportDialog').then((module) => ({ default: module.ExportDialog })))
const JournalDrawer = part(() => import('./JournalDrawer').then((module) => ({ default: module.JournalDrawer })))

interface Props {
  readonly search: JournalSearch
  readonly onSearch: (change: Partial<JournalSearch>) => void
}

const isFiltered = (search: JournalSearch) => Object.keys(apiFilter({ ...search, tab: undefined }, 'UTC')).length > 0

function Executions({ search, onSearch }: Props) {
  const zone = useZone()
  const wallets = useQuery(walletsQuery)
  const query = useInfiniteQuery(executionsQuery(apiFilter(search, zone)))
  const columns = useMemo(() => {
    const names = new Map((wallets.data ?? []).map((wallet) => [wallet.id, wallet.name]))
    return executionColumns(zone, (id) => names.get(id) ?? '–')
  }, [zone, wallets.data])
  return (
    <JournalTable
      label="Executions"
      query={query}
      columns={columns}
      rowKey={(row) => row.id}
      rowLabel={(row) => executionLabel(row, zone)}
      onOpen={(row) => onSearch({ row: row.id, trade: row.trade_id ?? undefined })}
      openKey={search.row}
      filtered={isFiltered(search)}
      empty="Every order that is sent, filled, refused or cancelled is written here, with its price, slippage and fee."
    />
  )
}

function Trades({ search, onSearch }: Props) {
  const zone = useZone()
  const query = useInfiniteQuery(tradesQuery(apiFilter(search, zone)))
  const columns = useMemo(() => tradeColumns(zone), [zone])
  return (
    <JournalTable
      label="Trades"
      query={query}
      columns={columns}
      rowKey={(row) => row.id}
      rowLabel={(row) => tradeLabel(row, zone)}
      onOpen={(row) => onSearch({ trade: row.id, row: undefined })}
      openKey={search.trade}
      filtered={isFiltered(search) || Boolean(search.side || search.tag || search.strategy)}
      empty="A trade appears here when its position has closed, with its result and the reason of its exit."
    />
  )
}

function Tab({
  search,
  tab,
  text,
}: {
  readonly search: JournalSearch
  readonly tab: JournalSearch['tab']
  readonly text: string
}) {
  const here = search.tab === tab
  return (
    <Link
      to="/trade-journal"
      search={{ ...search, tab, row: undefined, trade: undefined }}
      aria-current={here ? 'page' : undefined}
      className={`inline-flex min-h-control shrink-0 items-center px-3 whitespace-nowrap ${here ? 'font-semibold text-fg shadow-[inset_0_-2px_0_var(--fg)]' : 'text-mid hover:text-fg'}`}
    >
      {text}
    </Link>
  )
}

export function JournalPage({ search, onSearch, exports }: Props & { readonly exports: ReactNode }) {
  const zone = useZone()
  const [exporting, setExporting] = useState(false)
  const wallets = useQuery(walletsQuery)
  // The line just opened is in the cache of the table; a reload finds it in the trade's own log.
  const executions = useInfiniteQuery({
    ...executionsQuery(apiFilter(search, zone)),
    enabled: search.tab === undefined,
  })
  const row = executions.data?.pages.flatMap((page) => page.items).find((one) => one.id === search.row)
  const close = useCallback(() => onSearch({ row: undefined, trade: undefined }), [onSearch])
  return (
    <section aria-label="Journal" className="rounded-md border border-line bg-s1">
      <nav aria-label="Journal" className="flex overflow-x-auto border-b border-line px-1">
        <Tab search={search} tab={undefined} text="Executions" />
        <Tab search={search} tab="trades" text="Trades" />
        <Tab search={search} tab="hand" text="By hand" />
        <Tab search={search} tab="quality" text="Execution quality" />
      </nav>
      <Filters search={search} onSearch={onSearch} onExport={() => setExporting(true)} />
      {search.tab === 'trades' && <Trades search={search} onSearch={onSearch} />}
      {search.tab === 'hand' && (
        <Suspense fallback={<Skeleton label="Loading trades by hand" rows={10} />}>
          <ByHand search={search} onSearch={onSearch} />
        </Suspense>
      )}
      {search.tab === 'quality' && (
        <Suspense fallback={<Skeleton label="Loading execution quality" rows={10} />}>
          <ExecutionQuality search={search} />
        </Suspense>
      )}
      {search.tab === undefined && <Executions search={search} onSearch={onSearch} />}
      {wallets.data?.length === 0 && (
        <p className="px-4 pb-4 text-mid">There is no wallet yet, so nothing has been traded.</p>
      )}
      {exporting && (
        <Suspense fallback={null}>
          <ExportDialog search={search} exports={exports} onClose={() => setExporting(false)} />
        </Suspense>
      )}
      {(search.row || search.trade) && (
        <Suspense fallback={null}>
          <JournalDrawer tradeId={search.trade} rowId={search.row} row={row} onClose={close} />
        </Suspense>
      )}
    </section>
  )
}
