import type { InfiniteData, UseInfiniteQueryResult } from '@tanstack/react-query'
import { useCallback, useMemo } from 'react'
import type { Page } from '@/lib/api/types'
import { type Column, DataTable } from '@/ui/DataTable'
import { EmptyState } from '@/ui/EmptyState'
import { ErrorState } from '@/ui/ErrorState'
import { Skeleton } from '@/ui/Skeleton'

interface Props<Row> {
  /** "Executions" */
  readonly label: string
  readonly query: UseInfiniteQueryResult<InfiniteData<Page<Row>>>
  readonly columns: ReadonlyArray<Column<Row>>
  readonly rowKey: (row: Row) => string
  readonly rowLabel: (row: Row) => string
  readonly onOpen: (row: Row) => void
  readonly openKey: string | undefined
  readonly filtered: boolean
  readonly empty: string
}

/** Rows by keyset paging: the next page is fetched as the end comes near. */
export function JournalTable<Row>(props: Props<Row>) {
  const { label, query, columns, rowKey, rowLabel, onOpen, openKey, filtered, empty } = props
  const { data, error, isPending, hasNextPage, isFetchingNextPage, fetchNextPage, refetch, isPlaceholderData } = query
  const rows = useMemo(() => data?.pages.flatMap((page) => page.items) ?? [], [data])
  const more = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage && !error) void fetchNextPage()
  }, [hasNextPage, isFetchingNextPage, error, fetchNextPage])
  if (isPending) return <Skeleton label={`Loading ${label.toLowerCase()}`} rows={12} />
  return (
    <>
      {error && (
        <ErrorState
          what={`${label} could not be loaded`}
          error={error}
          onRetry={() => void (rows.length > 0 ? fetchNextPage() : refetch())}
          olderShown={rows.length > 0}
        />
      )}
      {rows.length === 0 && !error && (
        <EmptyState title={filtered ? `No ${label.toLowerCase()} match the filter` : `No ${label.toLowerCase()} yet`}>
          {!filtered && <p>{empty}</p>}
        </EmptyState>
      )}
      {rows.length > 0 && (
        <>
          <p role="status" className="num px-3 pb-1 text-2xs text-low">
            {rows.length.toLocaleString('en-US')}{' '}
            {hasNextPage ? 'newest rows, more as you scroll' : 'rows, all there are'}
          </p>
          <DataTable
            label={label}
            rows={rows}
            columns={columns}
            rowKey={rowKey}
            rowLabel={rowLabel}
            onOpen={onOpen}
            openKey={openKey}
            onEnd={more}
            className={`h-[calc(100dvh-17rem)] min-h-80 border-t border-line ${isPlaceholderData ? 'opacity-60' : ''}`}
            footer={isFetchingNextPage ? <p className="p-2 text-mid">Loading older rows…</p> : null}
          />
        </>
      )}
    </>
  )
}
