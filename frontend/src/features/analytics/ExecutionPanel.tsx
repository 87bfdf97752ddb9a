import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { executionStatsQuery } from '@/lib/api/queries'
import { ExecutionFigures } from '@/ui/ExecutionFigures'
import { Skeleton } from '@/ui/Skeleton'
import { Surface } from '@/ui/Surface'
import { type AnalyticsSearch, executionAsked } from './analytics-filter'

/** How well the orders behind these figures were carried out: slippage, fills, latency and fees. */
export function ExecutionPanel({ search }: { readonly search: AnalyticsSearch }) {
  const asked = useMemo(() => executionAsked(search, Date.now()), [search])
  const query = useQuery(executionStatsQuery(asked))
  return (
    <section aria-labelledby="execution-quality" className="grid min-w-0 gap-2">
      <div>
        <h2 id="execution-quality" className="font-semibold">
          Execution quality
        </h2>
        <p className="text-2xs text-low">
          Orders are timed by the wall clock, which on a simulated market is not the market's.
          {search.tag ? ' Tags stand on trades, not on orders: these are the orders of every tag.' : ''}
        </p>
      </div>
      <Surface
        query={query}
        what="Execution quality"
        loading={<Skeleton label="Loading execution quality" rows={10} />}
      >
        {(stats) => <ExecutionFigures stats={stats} />}
      </Surface>
    </section>
  )
}
