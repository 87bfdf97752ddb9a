// A limit and its use, as the risk pages say it.
import type { EnvironmentRisk, LimitUse } from '@/lib/api/types'
import { forDrawing } from './decimal'
import { count, money, percent } from './numbers'

/** A figure in the unit the server names for the limit. */
export function inUnit(value: string | null, unit: string): string {
  if (unit === 'usd' || unit === 'USD' || unit === '$') return money(value)
  if (unit === 'percent' || unit === '%') return percent(value)
  if (unit === 'x' || unit === '×') return `${count(value)}×`
  if (unit === 'minutes') return `${count(value)} min`
  return count(value)
}

/** Share of the limit in use; null where either is unknown. A limit of zero is full as soon as anything is used. */
export function usedFraction({ used, limit }: Pick<LimitUse, 'used' | 'limit'>): number | null {
  if (used === null || limit === null) return null
  const [part, whole] = [forDrawing(used), forDrawing(limit)]
  if (whole <= 0) return part > 0 ? 1 : 0
  return Math.max(0, part / whole)
}

/** A limit of the user's own level; undefined where the server names none. */
export function limitOf(risk: EnvironmentRisk, name: string): LimitUse | undefined {
  return risk.limits.find((use) => use.level === 'user' && use.name === name)
}
