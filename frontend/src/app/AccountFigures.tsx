import { useQuery } from '@tanstack/react-query'
import { riskStatusQuery } from '@/lib/api/queries'
import type { EnvironmentRisk } from '@/lib/api/types'
import { money } from '@/lib/format/numbers'
import { EnvironmentBadge } from '@/ui/Badge'
import { Pnl } from '@/ui/Pnl'

/** The environment that matters most: live where there is one. */
function useShown(): EnvironmentRisk | undefined {
  const { data } = useQuery(riskStatusQuery)
  return data?.find((one) => one.environment === 'live' && one.equity !== null) ?? data?.[0]
}

/** Whose money the bar speaks of; its place is kept until that is known, so that nothing beside it moves. */
export function EnvironmentLabel() {
  const shown = useShown()
  return <span className="inline-block min-w-13">{shown && <EnvironmentBadge environment={shown.environment} />}</span>
}

/** Its equity and today's result. */
export function AccountFigures() {
  const shown = useShown()
  if (shown === undefined) return null
  return (
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
  )
}
