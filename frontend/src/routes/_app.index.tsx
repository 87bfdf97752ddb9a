import { createFileRoute } from '@tanstack/react-router'
import { AlertsBrief } from '@/features/alerts/AlertsBrief'
import { BreakersBrief } from '@/features/circuit-breaker/BreakersBrief'
import { Checklist } from '@/features/onboarding/Checklist'
import { OverviewPage } from '@/features/overview/OverviewPage'
import { PositionsBrief } from '@/features/positions/PositionsBrief'

export const Route = createFileRoute('/_app/')({
  component: () => (
    <OverviewPage
      checklist={<Checklist />}
      positions={<PositionsBrief />}
      breakers={<BreakersBrief />}
      alerts={<AlertsBrief />}
    />
  ),
})
