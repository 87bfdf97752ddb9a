// Numbers as text. Intl formats a string digit by digit, so nothing passes through a float.
import { compare, placesOf } from './decimal'

type Value = string | number | null | undefined

/** What stands where a figure is undefined: an en dash, never a zero. */
export const ABSENT = '–'
const MINUS = '\u2212'
const formats = new Map<string, Intl.NumberFormat>()

/** `kind` names the options: making a format takes a thousand times as long as using one, and a table asks for them all the time. */
function formatted(value: string | number, kind: string, options: () => Intl.NumberFormatOptions): string {
  let format = formats.get(kind)
  if (format === undefined) {
    format = new Intl.NumberFormat('en-US', options())
    formats.set(kind, format)
  }
  return format.format(value as Intl.StringNumericLiteral).replace('-', MINUS)
}

function fixed(digits: number): Intl.NumberFormatOptions {
  return { minimumFractionDigits: digits, maximumFractionDigits: digits }
}

function signed(value: string | number, digits: number): string {
  return formatted(value, `signed ${digits}`, () => ({ signDisplay: 'exceptZero', ...fixed(digits) }))
}

function present(value: Value): value is string | number {
  return value !== null && value !== undefined && value !== ''
}

/** US dollars, e.g. $1,234.50; the whole precision the server sent with `exact`. */
export function money(value: Value, digits = 2): string {
  return present(value)
    ? formatted(value, `usd ${digits}`, () => ({ style: 'currency', currency: 'USD', ...fixed(digits) }))
    : ABSENT
}

export function exactMoney(value: Value): string {
  if (!present(value)) return ABSENT
  return money(value, Math.min(20, Math.max(2, placesOf(String(value)))))
}

export function signedMoney(value: Value, digits = 2): string {
  if (!present(value)) return ABSENT
  return formatted(value, `signed usd ${digits}`, () => ({
    style: 'currency',
    currency: 'USD',
    signDisplay: 'exceptZero',
    ...fixed(digits),
  }))
}

export function percent(value: Value, digits = 2): string {
  return present(value) ? `${formatted(value, `fixed ${digits}`, () => fixed(digits))}%` : ABSENT
}

export function signedPercent(value: Value, digits = 2): string {
  return present(value) ? `${signed(value, digits)}%` : ABSENT
}

/** Multiples of the initial risk, e.g. +1.25 R. */
export function rMultiple(value: Value): string {
  return present(value) ? `${signed(value, 2)} R` : ABSENT
}

export function basisPoints(value: Value): string {
  return present(value) ? `${signed(value, 1)} bp` : ABSENT
}

/** Every digit the value carries, grouped. */
export function plain(value: Value): string {
  return present(value)
    ? formatted(value, 'plain', () => ({ minimumFractionDigits: 0, maximumFractionDigits: 20 }))
    : ABSENT
}

export function figure(value: Value, digits: number): string {
  return present(value) ? formatted(value, `fixed ${digits}`, () => fixed(digits)) : ABSENT
}

const MOST_PRICE_DIGITS = 18

/** Digits a price of that height is read with when its instrument's tick is not known: at least four that say something. */
export function priceDigits(price: string): number {
  const at = (limit: string) => (compare(price, limit) ?? -1) >= 0
  if (at('1')) return at('1000') ? 2 : at('10') ? 3 : 4
  let digits = 5
  while (compare(price, '0') === 1 && digits < MOST_PRICE_DIGITS && !at(`0.${'0'.repeat(digits - 4)}1`)) digits += 1
  return digits
}

/** A price with its instrument's precision, or with one fitting its height. */
export function price(value: Value, tickSize?: string | null): string {
  if (!present(value)) return ABSENT
  const digits = tickSize ? placesOf(tickSize) : priceDigits(String(value))
  return formatted(value, `fixed ${digits}`, () => fixed(digits))
}

export function count(value: Value): string {
  return present(value) ? formatted(value, 'count', () => ({ maximumFractionDigits: 0 })) : ABSENT
}
