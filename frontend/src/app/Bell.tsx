import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { alertsQuery } from '@/lib/api/queries'
import { buttonClass } from '@/ui/Button'
import { Icon } from '@/ui/icons'

const MOST = 99

/** The way to the alerts, with how many were not read. */
export function Bell() {
  const { data } = useQuery(alertsQuery)
  const unread = data?.unread ?? 0
  const shown = unread > MOST ? `${MOST}+` : String(unread)
  return (
    <Link
      to="/alerts"
      aria-label={unread > 0 ? `Alerts: ${shown} unread` : 'Alerts'}
      className={buttonClass('quiet', 'px-2')}
    >
      <Icon name="bell" />
      {unread > 0 && (
        <span className="num rounded bg-crit-solid px-1 text-2xs font-semibold text-on-crit">{shown}</span>
      )}
    </Link>
  )
}
