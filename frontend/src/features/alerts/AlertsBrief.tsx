import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { alertsQuery, notificationsQuery } from '@/lib/api/queries'
import { words } from '@/lib/format/words'
import { Age } from '@/ui/Age'
import { Badge } from '@/ui/Badge'
import { buttonClass } from '@/ui/Button'
import { EmptyState } from '@/ui/EmptyState'
import { Panel } from '@/ui/Panel'
import { Surface } from '@/ui/Surface'
import { LEVEL_TONES } from './alert-words'

const SHOWN = 5
const UNREAD = { unread: true, limit: SHOWN } as const

/** What was not read yet, newest first. */
export function AlertsBrief() {
  const query = useInfiniteQuery(notificationsQuery(UNREAD))
  const unread = useQuery(alertsQuery).data?.unread ?? 0
  return (
    <Panel
      title={`Alerts: ${unread} unread`}
      aside={
        <Link to="/alerts" className={buttonClass('quiet')}>
          All alerts
        </Link>
      }
    >
      <Surface query={query} what="Messages">
        {({ pages }) => {
          const messages = pages.flatMap((page) => page.items)
          return messages.length === 0 ? (
            <EmptyState title="Nothing is unread">
              <p>Trades, limits that stop trading, and whatever needs you are told here.</p>
            </EmptyState>
          ) : (
            <ul className="divide-y divide-line">
              {messages.slice(0, SHOWN).map((told) => (
                <li key={told.id} className="px-3 py-1.5">
                  <div className="flex items-baseline justify-between gap-3">
                    <span className="min-w-0">
                      <Badge tone={LEVEL_TONES[told.level]}>{words(told.level)}</Badge> {told.title}
                    </span>
                    <Age at={told.created_at} className="num shrink-0 text-xs text-mid" />
                  </div>
                  <p className="text-2xs text-mid [overflow-wrap:anywhere]">{told.sentence}</p>
                </li>
              ))}
            </ul>
          )
        }}
      </Surface>
    </Panel>
  )
}
