// What a wallet decides for itself, in words.
import type { Wallet } from '@/lib/api/types'
import { money, percent, plain } from '@/lib/format/numbers'
import { limitName, words } from '@/lib/format/words'

const NAMES: Readonly<Record<string, string>> = {
  position_sizing_method: 'Sizing',
  min_signal_confidence: 'Least signal confidence',
  min_risk_reward_ratio: 'Least reward to risk',
  max_holding_minutes: 'Longest holding',
  cooldown_minutes_after_exit: 'Rest after an exit',
  cooldown_minutes_after_loss: 'Rest after a loss',
  enable_dca: 'Averaging down',
  dca_max_steps: 'Steps of averaging down',
  enable_pyramiding: 'Pyramiding',
  enable_scale_out: 'Scale-out',
  enable_trailing_stop: 'Trailing stop',
}
const PERCENT = new Set(['max_portfolio_heat'])

function worded(name: string, value: string | number | boolean): string {
  if (typeof value === 'boolean') return value ? 'on' : 'off'
  if (name === 'position_sizing_method') return words(String(value)).toLowerCase()
  if (name.endsWith('_usd')) return money(value)
  if (name.endsWith('_percent') || PERCENT.has(name)) return percent(value)
  return name.includes('_minutes') ? `${plain(value)} min` : plain(value)
}

/** "Sizing fixed percent, open positions 2, daily loss $150.00"; says whose limits hold where the wallet has none. */
export function ownLimits(overrides: Wallet['overrides']): string {
  const own = Object.entries(overrides).flatMap(([name, value]: [string, string | number | boolean | null]) =>
    value === null ? [] : [`${NAMES[name] ?? limitName(name)} ${worded(name, value)}`],
  )
  const [first, ...others] = own
  if (first === undefined) return 'None: your risk settings hold'
  return [first, ...others.map((one) => one.charAt(0).toLowerCase() + one.slice(1))].join(', ')
}
