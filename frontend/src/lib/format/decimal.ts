// Arithmetic and order on decimal strings, exact at any length. Money is never parsed to a float except to draw it.

interface Scaled {
  readonly units: bigint
  readonly scale: number
}

const DECIMAL = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/

function parse(value: string): Scaled | null {
  const match = DECIMAL.exec(value.trim())
  if (match === null) return null
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match
  if (whole === '' && fraction === '') return null
  let units = BigInt(whole + fraction)
  let scale = fraction.length - Number(exponent)
  if (scale < 0) {
    units *= 10n ** BigInt(-scale)
    scale = 0
  }
  return { units: sign === '-' ? -units : units, scale }
}

function render({ units, scale }: Scaled): string {
  const negative = units < 0n
  const digits = (negative ? -units : units).toString().padStart(scale + 1, '0')
  const whole = digits.slice(0, digits.length - scale)
  const fraction = scale === 0 ? '' : digits.slice(digits.length - scale).replace(/0+$/, '')
  return `${negative ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`}`
}

function align(a: Scaled, b: Scaled): [bigint, bigint, number] {
  const scale = Math.max(a.scale, b.scale)
  return [a.units * 10n ** BigInt(scale - a.scale), b.units * 10n ** BigInt(scale - b.scale), scale]
}

export function isDecimal(value: string): boolean {
  return parse(value) !== null
}

/** -1, 0 or 1; null where either is not a number. */
export function compare(a: string, b: string): -1 | 0 | 1 | null {
  const [left, right] = [parse(a), parse(b)]
  if (left === null || right === null) return null
  const [x, y] = align(left, right)
  return x < y ? -1 : x > y ? 1 : 0
}

export function subtract(a: string, b: string): string | null {
  const [left, right] = [parse(a), parse(b)]
  if (left === null || right === null) return null
  const [x, y, scale] = align(left, right)
  return render({ units: x - y, scale })
}

export function add(a: string, b: string): string | null {
  return subtract(a, negate(b))
}

export function multiply(a: string, b: string): string | null {
  const [left, right] = [parse(a), parse(b)]
  if (left === null || right === null) return null
  return render({ units: left.units * right.units, scale: left.scale + right.scale })
}

/** a / b cut toward zero at `digits` places; null where b is zero or either is not a number. */
export function divide(a: string, b: string, digits = 8): string | null {
  const [left, right] = [parse(a), parse(b)]
  if (left === null || right === null || right.units === 0n) return null
  const [x, y] = align(left, right)
  return render({ units: (x * 10n ** BigInt(digits)) / y, scale: digits })
}

export function negate(value: string): string {
  const trimmed = value.trim()
  return trimmed.startsWith('-') ? trimmed.slice(1) : `-${trimmed.replace(/^\+/, '')}`
}

export type Sign = 'profit' | 'loss' | 'flat'

export function signOf(value: string | null): Sign {
  const order = value === null ? 0 : (compare(value, '0') ?? 0)
  return order > 0 ? 'profit' : order < 0 ? 'loss' : 'flat'
}

/** For pixels only: where a bar ends, where a line goes. */
export function forDrawing(value: string): number {
  return Number(value)
}

/** Places after the point that the value carries, trailing zeros not counted. */
export function placesOf(value: string): number {
  const scaled = parse(value)
  if (scaled === null) return 0
  const text = render(scaled)
  const point = text.indexOf('.')
  return point < 0 ? 0 : text.length - point - 1
}
