import { useQuery } from '@tanstack/react-query'
import { riskStatusQuery } from '@/lib/api/queries'
import { money } from '@/lib/format/numbers'
import { EnvironmentBadge } from '@/ui/Badge'
import { Pnl } from '@/ui/Pnl'

/** Equity and today's result of the environment that matters most: live where there is one. */
export function AccountFigures() {
  const { data } = useQuery(riskStatusQuery)
  const shown = data?.find((one) => one.environment === 'live' && one.equity !== null) ?? data?.[0]
  if (shown === undefined) return null
  return (
    <div className="flex items-center gap-3">
      <EnvironmentBadge environment={shown.environment} />
      <dl className="num hidden items-center gap-4 text-xs md:flex">
        <div className="flex items-baseline gap-1.5">
          <dt className="text-mid">Equity</dt>
          <dd className="text-sm font-semibold">{money(shown.equity)}</dd>
        </div>
        <div className="flex items-baseline gap-1.5">
          <dt className="text-mid">Today</dt>
          <dd className="text-sm font-semibold">
            <Pnl value={shown.day_pnl} />
          </dd>
        </div>
      </dl>
    </div>
  )
}
