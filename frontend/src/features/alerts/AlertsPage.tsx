import { useQuery } from '@tanstack/react-query'
import { notificationSettingsQuery } from '@/lib/api/queries'
import { Skeleton } from '@/ui/Skeleton'
import { Surface } from '@/ui/Surface'
import { Channels } from './Channels'
import { Feed } from './Feed'
import { Matrix } from './Matrix'
import { Timing } from './Timing'

/** What was told, by which ways the reader is reached, and what is told by each. */
export function AlertsPage() {
  const settings = useQuery(notificationSettingsQuery)
  return (
    <div className="grid items-start gap-3 xl:grid-cols-[minmax(0,1fr)_minmax(0,1fr)]">
      <Feed />
      <Surface
        query={settings}
        what="Alert settings"
        loading={<Skeleton label="Loading alert settings" rows={10} />}
        className="min-w-0 space-y-3"
      >
        {(held) => (
          <>
            <Channels settings={held} />
            <Timing settings={held} />
            <Matrix settings={held} />
          </>
        )}
      </Surface>
    </div>
  )
}
