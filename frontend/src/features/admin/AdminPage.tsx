import { useQuery } from '@tanstack/react-query'
import { meQuery } from '@/lib/api/queries'
import { EmptyState } from '@/ui/EmptyState'
import { Surface } from '@/ui/Surface'
import { OperatorDesk } from './OperatorDesk'
import { PlatformBreakers } from './PlatformBreakers'
import { PlatformHealth } from './PlatformHealth'
import { PlatformKillSwitch } from './PlatformKillSwitch'
import { PlatformLimits } from './PlatformLimits'

/** The platform's own desk, for administrators: the server refuses everybody else, whatever this page shows. */
export function AdminPage() {
  const me = useQuery(meQuery)
  return (
    <Surface query={me} what="Your account">
      {({ role }) =>
        role === 'admin' ? (
          <div className="space-y-3">
            <PlatformHealth />
            <OperatorDesk />
            <PlatformBreakers />
            <PlatformKillSwitch />
            <PlatformLimits />
          </div>
        ) : (
          <EmptyState title="This page is for administrators.">
            <p>Ask whoever runs this platform, if you should be one.</p>
          </EmptyState>
        )
      }
    </Surface>
  )
}
