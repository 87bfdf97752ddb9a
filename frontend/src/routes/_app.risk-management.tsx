import { createFileRoute } from '@tanstack/react-router'
import { RiskPage } from '@/features/risk/RiskPage'

export const Route = createFileRoute('/_app/risk-management')({ component: RiskPage })
