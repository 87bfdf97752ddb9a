// What the admin page reads; only administrators are answered.
import { queryOptions } from '@tanstack/react-query'
import { call } from '@/lib/api/call'

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
export const operatorCasesQuery = queryOptions({
  queryKey: ['admin', 'operator-cases'],
  queryFn: async ({ signal }) => (await call('GET /admin/operator-cases', { signal })).items,
  refetchInterval: 5000,
})
export const platformLimitsQuery = queryOptions({
  queryKey: ['admin', 'limits'],
  queryFn: async ({ signal }) => (await call('GET /admin/risk/limits', { signal })).items,
})
