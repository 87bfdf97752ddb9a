import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { call } from '@/lib/api/call'
import type { Asked, BesideName, CutName } from './analytics-filter'

const POINTS = 600
const shared = { refetchInterval: 60_000, staleTime: 30_000, placeholderData: keepPreviousData }

export const portfolioQuery = (asked: Asked) =>
  queryOptions({
    queryKey: ['analytics', 'portfolio', asked],
    queryFn: ({ signal }) => call('GET /analytics/portfolio', { query: asked, signal }),
    ...shared,
  })
export const equityQuery = (asked: Asked) =>
  queryOptions({
    queryKey: ['analytics', 'equity', asked],
    queryFn: ({ signal }) => call('GET /analytics/equity', { query: { ...asked, points: POINTS }, signal }),
    ...shared,
  })
export const drawdownsQuery = (asked: Asked) =>
  queryOptions({
    queryKey: ['analytics', 'drawdowns', asked],
    queryFn: ({ signal }) => call('GET /analytics/drawdowns', { query: asked, signal }),
    ...shared,
  })
export const calendarQuery = (asked: Asked) =>
  queryOptions({
    queryKey: ['analytics', 'calendar', asked],
    queryFn: ({ signal }) => call('GET /analytics/calendar', { query: asked, signal }),
    ...shared,
  })
export const attributionQuery = (asked: Asked, by: CutName) =>
  queryOptions({
    queryKey: ['analytics', 'attribution', asked, by],
    queryFn: ({ signal }) => call('GET /analytics/attribution', { query: { ...asked, by }, signal }),
    ...shared,
  })
export const riskMetricsQuery = (asked: Asked) =>
  queryOptions({
    queryKey: ['analytics', 'risk-metrics', asked],
    queryFn: ({ signal }) => call('GET /analytics/risk-metrics', { query: asked, signal }),
    ...shared,
  })
export const comparisonQuery = (asked: Asked, by: BesideName) =>
  queryOptions({
    queryKey: ['analytics', 'compare', asked, by],
    queryFn: ({ signal }) => call('GET /analytics/compare', { query: { ...asked, by }, signal }),
    ...shared,
  })
