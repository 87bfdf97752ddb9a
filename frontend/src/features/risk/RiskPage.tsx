import { useQuery } from '@tanstack/react-query'
import { riskSettingsQuery } from '@/lib/api/queries'
import { Skeleton } from '@/ui/Skeleton'
import { Surface } from '@/ui/Surface'
import { LimitsInUse } from './LimitsInUse'
import { Refusals } from './Refusals'
import { RiskForm } from './RiskForm'

export function RiskPage() {
  const settings = useQuery(riskSettingsQuery)
  return (
    <div className="space-y-3">
      <LimitsInUse />
      <Surface query={settings} what="Risk settings" loading={<Skeleton label="Loading risk settings" rows={10} />}>
        {(saved) => <RiskForm saved={saved} />}
      </Surface>
      <Refusals />
    </div>
  )
}
