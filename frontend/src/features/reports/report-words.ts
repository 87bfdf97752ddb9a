import type { Report } from '@/lib/api/types'
import { monthName } from './months'

/** "October 2026, all paper wallets". */
export function reportName(report: Pick<Report, 'month' | 'environment' | 'wallet'>): string {
  return `${monthName(report.month)}, ${report.wallet ?? `all ${report.environment} wallets`}`
}
