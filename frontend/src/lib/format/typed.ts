// Numbers as people type them: with a point or a comma, with or without groups of thousands.
import { compare, isDecimal } from './decimal'

const PLAIN = /^[+-]?(?:\d+\.?\d*|\.\d+)$/
const COMMA_DECIMAL = /^[+-]?\d*,\d*$/
/** "1,000" is a thousand to one reader and one to another; "0,125" and "1234,567" are nobody's thousands. */
const EITHER = /^[+-]?[1-9]\d{0,2},\d{3}$/
const GROUPED_BY_COMMAS = /^[+-]?\d{1,3}(?:(?:,\d{3})+\.\d*|(?:,\d{3}){2,})$/
const GROUPED_BY_POINTS = /^[+-]?\d{1,3}(?:(?:\.\d{3})+,\d*|(?:\.\d{3}){2,})$/
const SPACE_BETWEEN_GROUPS = /(\d)[\s'’](?=\d{3}(?!\d))/g
const LONGEST = 40
/** No decimal: whoever checks it finds fault. */
const NONE = 'NaN'

/** What was typed as the API takes it; empty where nothing was, and no decimal where it is none or might be two. */
export function typedDecimal(typed: string): string {
  const text = typed.trim().replace(SPACE_BETWEEN_GROUPS, '$1')
  if (text === '') return ''
  if (text.length > LONGEST || EITHER.test(text)) return NONE
  if (PLAIN.test(text)) return text
  if (GROUPED_BY_COMMAS.test(text)) return text.replaceAll(',', '')
  if (GROUPED_BY_POINTS.test(text)) return text.replaceAll('.', '').replace(',', '.')
  const decimal = text.replace(',', '.')
  return COMMA_DECIMAL.test(text) && PLAIN.test(decimal) ? decimal : NONE
}

/** Whether something was typed that is no number. */
export function isMistyped(typed: string): boolean {
  const value = typedDecimal(typed)
  return value !== '' && !isDecimal(value)
}

/** What is wrong with a text that is no number: which two it might be, or the sentence given. */
export function mistypedWords(typed: string, otherwise: string): string {
  const text = typed.trim()
  return EITHER.test(text)
    ? `${text} may be ${text.replace(',', '')} or ${text.replace(',', '.')}: write it without the comma.`
    : otherwise
}

/** The order of two texts as typed; null where either is no number. */
export function compareTyped(a: string, b: string): -1 | 0 | 1 | null {
  return compare(typedDecimal(a), typedDecimal(b))
}
