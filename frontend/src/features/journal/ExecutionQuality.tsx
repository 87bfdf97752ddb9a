import { useQuery } from '@tanstack/react-query'
import { executionStatsQuery } from '@/lib/api/queries'
import { ExecutionFigures } from '@/ui/ExecutionFigures'
import { Skeleton } from '@/ui/Skeleton'
import { Surface } from '@/ui/Surface'
import type { JournalSearch } from './journal-filter'

/** How well orders were carried out in the last 30 days. */
export function ExecutionQuality({ search }: { readonly search: JournalSearch }) {
  const query = useQuery(executionStatsQuery({ wallet_id: search.wallet, symbol: search.symbol }))
  return (
    <Surface
      query={query}
      what="Execution quality"
      loading={<Skeleton label="Loading execution quality" rows={10} />}
      className="p-3"
    >
      {(stats) => <ExecutionFigures stats={stats} />}
    </Surface>
  )
}
