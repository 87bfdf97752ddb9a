// How an order went out, in words.
/** How an entry went out, in words; null where it was not routed. */
export function routeWords(route: string | null, reason: string | null): string | null {
  if (route === null) return null
  const how: Record<string, string> = { market: 'At market', capped: 'Capped', refused: 'Not sent' }
  return `${how[route] ?? route}${reason ? `: ${reason}` : ''}`
}
