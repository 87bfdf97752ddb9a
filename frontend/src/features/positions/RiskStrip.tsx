import { useQuery } from '@tanstack/react-query'
import { riskStatusQuery } from '@/lib/api/queries'
import type { EnvironmentRisk } from '@/lib/api/types'
import { limitOf } from '@/lib/format/limits'
import { money, percent } from '@/lib/format/numbers'
import { EnvironmentBadge } from '@/ui/Badge'
import { ErrorState } from '@/ui/ErrorState'
import { Pnl } from '@/ui/Pnl'

function Figures({ risk }: { readonly risk: EnvironmentRisk }) {
  const heat = limitOf(risk, 'max_portfolio_heat')?.limit ?? null
  const openRisk = limitOf(risk, 'max_open_risk_percent')?.limit ?? null
  const most = limitOf(risk, 'max_open_positions')?.limit ?? null
  const cells = [
    ['Equity', money(risk.equity), ''],
    ['Today', <Pnl key="today" value={risk.day_pnl} />, ''],
    ['Exposure heat', percent(risk.exposure_heat_percent, 1), heat === null ? '' : `of ${percent(heat, 0)} limit`],
    [
      'Open risk',
      percent(risk.open_risk_percent, 1),
      openRisk === null ? 'if every stop fills' : `of ${percent(openRisk, 0)} limit`,
    ],
    ['Open positions', String(risk.open_positions), most === null ? '' : `of ${Number(most)} at most`],
  ] as const
  return (
    <div className="flex flex-wrap items-stretch gap-2">
      <dl className="num grid flex-1 grid-cols-2 gap-2 sm:grid-cols-3 lg:grid-cols-5">
        {cells.map(([term, value, note], index) => (
          <div
            key={term}
            className={`rounded-md border border-line bg-s1 px-3 py-2 ${index === 0 ? 'col-span-2 sm:col-span-1' : ''}`}
          >
            <dt className="flex items-center justify-between gap-2 text-xs text-mid">
              {term}
              {index === 0 && <EnvironmentBadge environment={risk.environment} />}
            </dt>
            <dd className="text-base font-semibold">{value}</dd>
            {note && <dd className="text-2xs text-low">{note}</dd>}
          </div>
        ))}
      </dl>
    </div>
  )
}

/** Equity and both gauges, one row for each environment: paper and live are never added up. */
export function RiskStrip() {
  const status = useQuery(riskStatusQuery)
  if (status.data === undefined) {
    return status.error ? (
      <ErrorState
        what="Risk figures could not be loaded"
        error={status.error}
        onRetry={() => void status.refetch()}
        className="m-0!"
      />
    ) : (
      <div role="status" className="grid grid-cols-2 gap-2 sm:grid-cols-3 lg:grid-cols-5">
        <span className="sr-only">Loading risk figures</span>
        {['a', 'b', 'c', 'd', 'e'].map((key) => (
          <div key={key} aria-hidden="true" className="skeleton h-16" />
        ))}
      </div>
    )
  }
  return (
    <div className="space-y-2">
      {status.data.map((risk) => (
        <Figures key={risk.environment} risk={risk} />
      ))}
    </div>
  )
}
