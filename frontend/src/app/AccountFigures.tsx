import { useQuery } from '@tanstack/react-query'
import { riskStatusQuery } from '@/lib/api/queries'
import type { EnvironmentRisk } from '@/lib/api/types'
import { money } from '@/lib/format/numbers'
import { EnvironmentBadge } from '@/ui/Badge'
import { cx } from '@/ui/classes'
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

/** Its equity and today's result; their place is kept until they are known. */
export function AccountFigures() {
  const shown = useShown()
  return (
    <dl className={cx('num hidden items-center gap-4 text-xs md:flex', shown === undefined && 'invisible')}>
      <div className="flex items-baseline gap-1.5">
        <dt className="text-mid">Equity</dt>
        <dd className="min-w-20 text-sm font-semibold">{money(shown?.equity)}</dd>
      </div>
      <div className="flex items-baseline gap-1.5">
        <dt className="text-mid">Today</dt>
        <dd className="min-w-20 text-sm font-semibold">
          <Pnl value={shown?.day_pnl ?? null} />
        </dd>
      </div>
    </dl>
  )
}
