import { queryOptions } from '@tanstack/react-query'
import { type Asked, lasting } from '@/lib/api/analytics'
import { call } from '@/lib/api/call'
import type { BesideName, CutName } from './analytics-filter'

export const drawdownsQuery = (asked: Asked) =>
  queryOptions({
    queryKey: ['analytics', 'drawdowns', asked],
    queryFn: ({ signal }) => call('GET /analytics/drawdowns', { query: asked, signal }),
    ...lasting,
  })
export const excursionsQuery = (asked: Asked) =>
  queryOptions({
    queryKey: ['analytics', 'excursions', asked],
    queryFn: ({ signal }) => call('GET /analytics/excursions', { query: asked, signal }),
    ...lasting,
  })
export const calendarQuery = (asked: Asked) =>
  queryOptions({
    queryKey: ['analytics', 'calendar', asked],
    queryFn: ({ signal }) => call('GET /analytics/calendar', { query: asked, signal }),
    ...lasting,
  })
export const attributionQuery = (asked: Asked, by: CutName) =>
  queryOptions({
    queryKey: ['analytics', 'attribution', asked, by],
    queryFn: ({ signal }) => call('GET /analytics/attribution', { query: { ...asked, by }, signal }),
    ...lasting,
  })
export const riskMetricsQuery = (asked: Asked) =>
  queryOptions({
    queryKey: ['analytics', 'risk-metrics', asked],
    queryFn: ({ signal }) => call('GET /analytics/risk-metrics', { query: asked, signal }),
    ...lasting,
  })
export const comparisonQuery = (asked: Asked, by: BesideName) =>
  queryOptions({
    queryKey: ['analytics', 'compare', asked, by],
    queryFn: ({ signal }) => call('GET /analytics/compare', { query: { ...asked, by }, signal }),
    ...lasting,
  })
