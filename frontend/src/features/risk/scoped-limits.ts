// Between the limits of a symbol or strategy and the text of their form.
import type { ScopedLimits } from '@/lib/api/types'
import { typedDecimal } from '@/lib/format/typed'
import { shortSymbol, words } from '@/lib/format/words'
import { isLimit, type NumberSetting, SETTINGS } from './fields'

const ONLY_WIDER = new Set(['max_positions_per_wallet', 'max_positions_per_strategy'])
export const FIELDS = SETTINGS.filter(
  (setting): setting is NumberSetting =>
    isLimit(setting.name) &&
    !ONLY_WIDER.has(setting.name) &&
    (setting.kind === 'decimal' || setting.kind === 'integer'),
)

export type Values = Record<string, string>

export function scopeName(scope: Pick<ScopedLimits, 'scope' | 'key'>): string {
  return scope.scope === 'symbol' ? shortSymbol(scope.key) : words(scope.key)
}

export function valuesOf(scoped: ScopedLimits | null): Values {
  const held = (scoped ?? {}) as Record<string, unknown>
  return Object.fromEntries(FIELDS.map(({ name }) => [name, held[name] == null ? '' : String(held[name])]))
}

/** The changed limits as the API takes them: counts as numbers, decimals as text, empty as none. */
export function scopedPatch(before: Values, after: Values): Record<string, string | number | null> {
  const changed = FIELDS.filter(({ name }) => (before[name] ?? '') !== (after[name] ?? '').trim())
  return Object.fromEntries(
    changed.map(({ name, kind }) => {
      const value = typedDecimal(after[name] ?? '')
      return [name, value === '' ? null : kind === 'integer' ? Number(value) : value]
    }),
  )
}
