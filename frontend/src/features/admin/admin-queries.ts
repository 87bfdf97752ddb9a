// What the admin page reads; only administrators are answered.
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { call } from '@/lib/api/call'
import type { OperatedScope } from './operated-scope'

export const platformHealthQuery = queryOptions({
  queryKey: ['admin', 'health'],
  queryFn: ({ signal }) => call('GET /admin/health', { signal }),
  refetchInterval: 5000,
})
export const tripsQuery = queryOptions({
  queryKey: ['admin', 'trips'],
  queryFn: async ({ signal }) => (await call('GET /admin/circuit-breaker/status', { signal })).items,
  refetchInterval: 5000,
})
export const usersQuery = (words: string) =>
  infiniteQueryOptions({
    queryKey: ['admin', 'users', words],
    queryFn: ({ signal, pageParam }) =>
      call('GET /admin/users', { signal, query: { q: words, ...(pageParam === null ? {} : { cursor: pageParam }) } }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    enabled: words !== '',
    retry: false,
  })
export const operatorCasesQuery = queryOptions({
  queryKey: ['admin', 'operator-cases'],
  queryFn: async ({ signal }) => (await call('GET /admin/operator-cases', { signal })).items,
  refetchInterval: 5000,
})
export const platformLimitsQuery = queryOptions({
  queryKey: ['admin', 'limits'],
  queryFn: async ({ signal }) => (await call('GET /admin/risk/limits', { signal })).items,
})
export const previewOfScopeQuery = (scope: OperatedScope, scopeId: string | null) =>
  queryOptions({
    queryKey: ['admin', 'preview', scope, scopeId],
    queryFn: ({ signal }) =>
      call('GET /admin/circuit-breaker/preview', {
        signal,
        query: { scope, ...(scopeId === null ? {} : { scope_id: scopeId }) },
      }),
    enabled: scopeId !== '',
    retry: false,
  })
export const runOfScopeQuery = (run: string) =>
  queryOptions({
    queryKey: ['admin', 'run', run],
    queryFn: ({ signal }) => call('GET /admin/circuit-breaker/receipts/{run_id}', { signal, path: { run_id: run } }),
    refetchInterval: (query) => (query.state.data?.flat_at ? false : 1000),
  })
