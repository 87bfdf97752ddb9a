// The words of the execution quality tables.
export const KEYS = [
  { field: 'by_symbol', title: 'By symbol' },
  { field: 'by_order_type', title: 'By order type' },
  { field: 'by_size', title: 'By size' },
  { field: 'by_hour', title: 'By hour' },
  { field: 'by_venue', title: 'By venue' },
] as const

/** An hour of the market's clock: "09–10 UTC". */
export function hourName(key: string): string {
  const hour = Number(key)
  const two = (value: number) => String(value % 24).padStart(2, '0')
  return `${two(hour)}–${two(hour + 1)} UTC`
}
