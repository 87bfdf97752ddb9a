import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { meQuery } from '@/lib/api/queries'
import { EmptyState } from '@/ui/EmptyState'
import { Surface } from '@/ui/Surface'
import { OperatorDesk } from './OperatorDesk'
import { PlatformBreakers } from './PlatformBreakers'
import { PlatformHealth } from './PlatformHealth'
import { PlatformKillSwitch } from './PlatformKillSwitch'
import { PlatformLimits } from './PlatformLimits'
import { UserSearch } from './UserSearch'

/** The platform's own desk, for administrators: the server refuses everybody else, whatever this page shows. */
export function AdminPage() {
  const me = useQuery(meQuery)
  const [halted, setHalted] = useState<string | null>(null)
  return (
    <Surface query={me} what="Your account">
      {({ role }) =>
        role === 'admin' ? (
          <div className="space-y-3">
            <PlatformHealth />
            <OperatorDesk />
            <PlatformBreakers />
            <UserSearch onHalt={setHalted} />
            <PlatformKillSwitch key={halted} user={halted} />
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
