import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useMemo } from 'react'
import { executionsQuery, recentDecisionsQuery } from '@/lib/api/queries'
import { Age } from '@/ui/Age'
import { Badge } from '@/ui/Badge'
import { buttonClass } from '@/ui/Button'
import { EmptyState } from '@/ui/EmptyState'
import { ErrorState } from '@/ui/ErrorState'
import { Panel } from '@/ui/Panel'
import { Skeleton } from '@/ui/Skeleton'
import { happenings } from './happened'

const SHOWN = 10
const ASKED = 20

/** What the system did by itself, and what it refused to do, with the reason. */
export function HappenedPanel() {
  const executions = useInfiniteQuery(executionsQuery({}, ASKED))
  const decisions = useQuery(recentDecisionsQuery)
  const lines = useMemo(() => {
    const rows = executions.data?.pages.flatMap((page) => page.items) ?? []
    return happenings(rows, decisions.data ?? []).slice(0, SHOWN)
  }, [executions.data, decisions.data])
  const pending = executions.isPending || decisions.isPending
  const error = executions.error ?? decisions.error
  return (
    <Panel
      title="What happened"
      aside={
        <Link to="/trade-journal" className={buttonClass('quiet')}>
          Journal
        </Link>
      }
    >
      {error && (
        <ErrorState
          what={executions.error ? 'Executions could not be loaded' : 'Decisions could not be loaded'}
          error={error}
          onRetry={() => void Promise.all([executions.refetch(), decisions.refetch()])}
          olderShown={lines.length > 0}
        />
      )}
      {pending && lines.length === 0 && !error && <Skeleton label="Loading what happened" rows={6} />}
      {!pending && !error && lines.length === 0 && (
        <EmptyState title="Nothing so far">
          <p>Entries, exits and refusals are told here as they happen, each with its reason.</p>
        </EmptyState>
      )}
      <ul className="divide-y divide-line">
        {lines.map((line) => (
          <li key={line.key} className="flex items-baseline gap-x-3 px-3 py-1.5">
            <span className="min-w-0 flex-1 [overflow-wrap:anywhere]">
              {line.refused && <Badge tone="outline">Refused</Badge>}{' '}
              {line.trade === null ? (
                line.text
              ) : (
                <Link to="/trade-journal" search={{ tab: 'trades', trade: line.trade }} className="hover:underline">
                  {line.text}
                </Link>
              )}
            </span>
            <Age at={line.at} className="num shrink-0 text-xs text-mid" />
          </li>
        ))}
      </ul>
    </Panel>
  )
}
