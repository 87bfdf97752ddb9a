// Between the API's settings and the form's text; and what a change means for risk.
import type { RiskChanges, RiskSettings } from '@/lib/api/types'
import { compare, isDecimal, placesOf } from '@/lib/format/decimal'
import { money, plain } from '@/lib/format/numbers'
import { compareTyped, mistypedWords, typedDecimal } from '@/lib/format/typed'
import { isLimit, type NumberSetting, SETTINGS, type Setting, type SettingName } from './fields'

export type FormValues = Record<SettingName, string | boolean>

function trimmed(value: string): string {
  return value.includes('.') ? value.replace(/0+$/, '').replace(/\.$/, '') : value
}

export function formValues(settings: RiskSettings): FormValues {
  const values = {} as FormValues
  for (const { name, kind } of SETTINGS) {
    const value = settings[name]
    values[name] =
      kind === 'switch' ? value === true : value === null || value === undefined ? '' : trimmed(String(value))
  }
  return values
}

/** What is wrong with a number as typed; null when nothing is. */
export function numberFault(setting: NumberSetting, typed: string): string | null {
  const value = typedDecimal(typed)
  if (value === '') return setting.optional ? null : 'Enter a number.'
  if (!isDecimal(value)) return mistypedWords(typed, 'Enter a number, like 2.5.')
  if (setting.kind === 'integer' && placesOf(value) > 0) return 'Enter a whole number.'
  if (placesOf(value) > setting.places) return `At most ${setting.places} digits after the point.`
  if (compare(value, setting.min) === -1) return `At least ${plain(setting.min)}.`
  if (compare(value, setting.max) === 1) return `At most ${plain(setting.max)}.`
  return null
}

/** Every field that the form refuses before anything is sent, with the reason. */
export function faultsOf(values: FormValues): Array<readonly [SettingName, string]> {
  return SETTINGS.flatMap((setting) => {
    if (setting.kind === 'switch' || setting.kind === 'choice') return []
    const fault = numberFault(setting, String(values[setting.name]))
    return fault === null ? [] : [[setting.name, fault] as const]
  })
}

export type Effect = 'tightens' | 'loosens' | 'changes'
export interface Change {
  readonly setting: Setting
  readonly before: string | boolean
  readonly after: string | boolean
  readonly effect: Effect
  /** The limit is taken away altogether. */
  readonly removesLimit: boolean
}

function same(before: string | boolean, after: string | boolean): boolean {
  if (typeof before === 'boolean' || typeof after === 'boolean') return before === after
  return before.trim() === after.trim() || compareTyped(before, after) === 0
}

function effectOf(setting: Setting, before: string | boolean, after: string | boolean): Effect {
  if (setting.safer === 'neither') return 'changes'
  if (setting.safer === 'same') return 'loosens'
  if (setting.safer === 'off' || setting.safer === 'on')
    return after === (setting.safer === 'on') ? 'tightens' : 'loosens'
  if (after === '') return 'loosens'
  if (before === '') return 'tightens'
  const order = compareTyped(String(after), String(before))
  if (order === null) return 'changes'
  return order < 0 === (setting.safer === 'lower') ? 'tightens' : 'loosens'
}

/** What differs between two states of the form, in the form's order, and whether it lowers or raises risk. */
export function changesBetween(before: FormValues, after: FormValues): Change[] {
  return SETTINGS.filter(({ name }) => !same(before[name], after[name])).map((setting) => {
    const [from, to] = [before[setting.name], after[setting.name]]
    const removesLimit = isLimit(setting.name) && to === '' && from !== ''
    return { setting, before: from, after: to, effect: effectOf(setting, from, to), removesLimit }
  })
}

/** The body of the PATCH: the changed fields, decimals as text, counts as numbers, an empty limit as null. */
export function patchOf(changes: ReadonlyArray<Change>): RiskChanges {
  const body: Record<string, unknown> = {}
  for (const { setting, after } of changes) {
    if (typeof after === 'boolean' || setting.kind === 'choice') body[setting.name] = after
    else {
      const value = typedDecimal(after)
      body[setting.name] = value === '' ? null : setting.kind === 'integer' ? Number(value) : value
    }
  }
  return body as RiskChanges
}

/** What an empty field means: only what bounds something has no limit. */
export function emptyWord(name: string): string {
  return name.startsWith('max_') ? 'no limit' : 'none'
}

/** A value of a setting as the diff shows it: "5%", "$500.00", "no limit", "on". */
export function shown(setting: Setting, value: string | boolean): string {
  if (typeof value === 'boolean') return value ? 'on' : 'off'
  if (setting.kind === 'choice') return setting.options.find(([id]) => id === value)?.[1] ?? value
  if (setting.kind === 'switch') return value
  if (value.trim() === '') return emptyWord(setting.name)
  const number = typedDecimal(value)
  if (!isDecimal(number)) return value
  if (setting.unit === 'USD') return money(number)
  if (setting.unit === 'min') return `${plain(number)} min`
  return setting.unit === '%' || setting.unit === '×' ? `${plain(number)}${setting.unit}` : plain(number)
}
