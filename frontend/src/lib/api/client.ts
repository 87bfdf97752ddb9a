import { QueryClient } from '@tanstack/react-query'
import { ApiProblem } from './problem'

/** A refusal stays a refusal; only silence and a failing server are worth another try. */
function worthRetrying(failures: number, error: unknown): boolean {
  if (error instanceof ApiProblem && error.status >= 400 && error.status < 500) return false
  return failures < 2
}

/**
 * What the pages read and do. Without a network a press fails at once and says so: kept for later, as the library
 * would, an exit would be sent minutes after, at another price and when nobody waits for it any more.
 */
export function newQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: { staleTime: 5000, retry: worthRetrying, networkMode: 'always', refetchOnReconnect: true },
      mutations: { retry: false, networkMode: 'always' },
    },
  })
}
