// Moments as text, in the zone the reader chose.
const formats = new Map<string, Intl.DateTimeFormat>()

function format(zone: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${zone}${JSON.stringify(options)}`
  let made = formats.get(key)
  if (made === undefined) {
    try {
      made = new Intl.DateTimeFormat('en-GB', { timeZone: zone, ...options })
    } catch {
      made = new Intl.DateTimeFormat('en-GB', { timeZone: 'UTC', ...options })
    }
    formats.set(key, made)
  }
  return made
}

const CLOCK = { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' } as const
const DAY = { year: 'numeric', month: '2-digit', day: '2-digit' } as const

function parts(moment: Date, zone: string, options: Intl.DateTimeFormatOptions): Record<string, string> {
  return Object.fromEntries(
    format(zone, options)
      .formatToParts(moment)
      .map((part) => [part.type, part.value]),
  )
}

const MOST_KEPT = 4000
const kept = new Map<string, string>()

/** 2025-10-10 21:14:03. Taking a moment apart is slow and a table asks for the same ones again and again, so they are kept. */
export function dateTime(value: string | number | null, zone: string): string {
  if (value === null) return '–'
  const key = `${value} ${zone}`
  const known = kept.get(key)
  if (known !== undefined) return known
  const moment = new Date(value)
  if (Number.isNaN(moment.getTime())) return '–'
  const all = parts(moment, zone, { ...DAY, ...CLOCK })
  const text = `${all.year}-${all.month}-${all.day} ${all.hour}:${all.minute}:${all.second}`
  if (kept.size >= MOST_KEPT) kept.clear()
  kept.set(key, text)
  return text
}

/** 21:14 */
export function hourMinute(value: string | number | null, zone: string): string {
  if (value === null) return '–'
  const moment = new Date(value)
  if (Number.isNaN(moment.getTime())) return '–'
  const all = parts(moment, zone, CLOCK)
  return `${all.hour}:${all.minute}`
}

/** 21:14:03 */
export function clock(value: string, zone: string): string {
  return dateTime(value, zone).slice(11) || '–'
}

/** How long after a moment another came: "0.4 s later" below ten seconds, then in the two largest units. */
export function elapsed(from: string, to: string): string {
  const milliseconds = new Date(to).getTime() - new Date(from).getTime()
  if (Number.isNaN(milliseconds)) return '–'
  return `${milliseconds < 10_000 ? `${(Math.max(0, milliseconds) / 1000).toFixed(1)} s` : duration(milliseconds)} later`
}

/** To the minute in the reader's zone, with UTC beside it where that is another: "2025-10-11 02:00 Europe/Berlin (00:00 UTC)". */
export function momentBesideUtc(value: string, zone: string): string {
  const here = dateTime(value, zone).slice(0, 16)
  if (zone === 'UTC') return `${here} UTC`
  const there = hourMinute(value, 'UTC')
  return here.endsWith(there) ? `${here} ${zone}` : `${here} ${zone} (${there} UTC)`
}

/** A length of time in its two largest units: "45 s", "12 min", "3 h 10 min", "2 d 4 h". */
export function duration(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000))
  if (seconds < 60) return `${seconds} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes} min`
  const hours = Math.floor(minutes / 60)
  if (hours < 24) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`
  const days = Math.floor(hours / 24)
  return hours % 24 === 0 ? `${days} d` : `${days} d ${hours % 24} h`
}

export function ago(value: string | null, now: number): string {
  if (value === null) return 'never'
  const age = now - new Date(value).getTime()
  return Number.isNaN(age) ? 'never' : age < 1500 ? 'just now' : `${duration(age)} ago`
}
