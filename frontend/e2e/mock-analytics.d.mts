/** The answer to a question under /analytics; null for one that there is not. */
export function analytics(route: string, query: URLSearchParams, empty: boolean): Record<string, unknown> | null
