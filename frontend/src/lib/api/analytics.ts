// The questions of analytics that more than one page asks.
import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { call } from './call'
import type { Environment } from './types'

/** The parameters that every question of analytics takes; times are market time. */
export interface Asked {
  readonly environment: Environment
  readonly wallet_id?: string
  readonly strategy?: string
  readonly tag?: string
  readonly from?: string
  readonly to?: string
}

/** How long an answer of analytics stands. */
export const lasting = { refetchInterval: 60_000, staleTime: 30_000, placeholderData: keepPreviousData }

const POINTS = 600

export const portfolioQuery = (asked: Asked) =>
  queryOptions({
    queryKey: ['analytics', 'portfolio', asked],
    queryFn: ({ signal }) => call('GET /analytics/portfolio', { query: asked, signal }),
    ...lasting,
  })
export const equityQuery = (asked: Asked) =>
  queryOptions({
    queryKey: ['analytics', 'equity', asked],
    queryFn: ({ signal }) => call('GET /analytics/equity', { query: { ...asked, points: POINTS }, signal }),
    ...lasting,
  })
