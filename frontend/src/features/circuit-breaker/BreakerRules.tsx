import { useQuery } from '@tanstack/react-query'
import { riskSettingsQuery } from '@/lib/api/queries'
import type { RiskSettings } from '@/lib/api/types'
import { count, money, percent } from '@/lib/format/numbers'
import { Surface } from '@/ui/Surface'

const WINDOWS = [
  ['Daily loss', 'max_daily_loss_usd', 'max_daily_loss_percent', 'with the day'],
  ['Weekly loss', 'max_weekly_loss_usd', 'max_weekly_loss_percent', 'with the week'],
  ['Monthly loss', 'max_monthly_loss_usd', 'max_monthly_loss_percent', 'with the month'],
] as const

type Rule = readonly [rule: string, limit: string, ends: string]

/** Your own limits that stop entries when they are reached, and when each lets them pass again. */
export function rulesOf(settings: RiskSettings): Rule[] {
  const either = (usd: string | null, share: string | null) =>
    [usd === null ? '' : money(usd), share === null ? '' : `${percent(share)} of equity`]
      .filter(Boolean)
      .join(' or ') || 'not set'
  return [
    ...WINDOWS.map(([rule, usd, share, ends]): Rule => [rule, either(settings[usd], settings[share]), ends]),
    ['Drawdown', either(null, settings.max_drawdown_percent), 'when you resume'],
    [
      'Losses in a row',
      settings.max_consecutive_losses === null ? 'not set' : count(settings.max_consecutive_losses),
      'with a winner, or when you resume',
    ],
  ]
}

export function BreakerRules() {
  const settings = useQuery(riskSettingsQuery)
  return (
    <details className="rounded border border-line">
      <summary className="flex min-h-control cursor-pointer items-center px-3 text-xs font-semibold text-mid">
        Your limits that stop entries
      </summary>
      <Surface query={settings} what="Your limits">
        {({ result }) => (
          <div
            className="overflow-auto px-3 pb-2"
            tabIndex={0}
            role="region"
            aria-label="Your limits that stop entries"
          >
            <table className="num w-full text-xs">
              <thead className="text-left text-2xs text-low">
                <tr>
                  <th className="py-1 pr-3 font-normal">Limit</th>
                  <th className="pr-3 font-normal">Stops entries at</th>
                  <th className="font-normal">Ends</th>
                </tr>
              </thead>
              <tbody>
                {rulesOf(result).map(([rule, limit, ends]) => (
                  <tr key={rule} className="border-t border-line">
                    <td className="py-1 pr-3">{rule}</td>
                    <td className="pr-3">{limit}</td>
                    <td>{ends}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
      </Surface>
    </details>
  )
}
