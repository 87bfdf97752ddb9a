import { useQuery } from '@tanstack/react-query'
import { breakerHistoryQuery } from '@/lib/api/queries'
import { plain } from '@/lib/format/numbers'
import { dateTime } from '@/lib/format/time'
import { words } from '@/lib/format/words'
import { useZone } from '@/lib/preferences/zone'
import { Surface } from '@/ui/Surface'

/** What the breakers did, newest first: tripped, paused, halted, resumed, reset. */
export function BreakerHistory() {
  const zone = useZone()
  const history = useQuery(breakerHistoryQuery)
  return (
    <details className="rounded border border-line">
      <summary className="flex min-h-control cursor-pointer items-center px-3 text-xs font-semibold text-mid">
        History
      </summary>
      <Surface query={history} what="The history">
        {(items) =>
          items.length === 0 ? (
            <p className="px-3 pb-3 text-mid">No breaker has done anything yet.</p>
          ) : (
            <ol
              className="max-h-80 divide-y divide-line overflow-auto"
              tabIndex={0}
              aria-label="History of the breakers"
            >
              {items.map((event) => (
                <li key={event.id} className="flex flex-wrap gap-x-3 px-3 py-1.5 text-xs">
                  <time dateTime={event.created_at} className="num shrink-0 text-mid">
                    {dateTime(event.created_at, zone)}
                  </time>
                  <span className="min-w-0 flex-1">
                    <b>
                      {words(event.cause)}: {words(event.kind).toLowerCase()}
                    </b>{' '}
                    by {event.changed_by}. {event.reason}
                    {event.reading !== null && event.threshold !== null && (
                      <span className="num text-mid">
                        {' '}
                        ({plain(event.reading)} of {plain(event.threshold)})
                      </span>
                    )}
                  </span>
                </li>
              ))}
            </ol>
          )
        }
      </Surface>
    </details>
  )
}
