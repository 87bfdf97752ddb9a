import { createFileRoute } from '@tanstack/react-router'
import { BreakersPanel } from '@/features/circuit-breaker/BreakersPanel'
import { RiskPage } from '@/features/risk/RiskPage'

export const Route = createFileRoute('/_app/risk-management')({
  component: () => <RiskPage breakers={<BreakersPanel />} />,
})
