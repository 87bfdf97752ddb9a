// What the pages read, one entry per resource. The stream patches these; while it is silent they poll.
import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query'
import { currentLink, hintMarketTime } from '@/lib/stream/link'
import { call, callWithEtag } from './call'
import type { Environment, EventCategory, EventLevel, Timeframe } from './types'

const POLL_MS = 5000
/** No frame tells that a trade by hand was found, or what the rules would have done. */
const MANUAL_POLL_MS = 15_000
const FUNDING_POLL_MS = 15_000
export const PAGE_ROWS = 100

/** Live data needs no polling; everything else asks every five seconds, and so does the page when the stream is down. */
function unlessLive(): number | false {
  return currentLink().state === 'live' ? false : POLL_MS
}

export const keys = {
  me: ['me'],
  wallets: ['wallets'],
  positions: ['positions'],
  position: (id: string) => ['position', id],
  trades: ['trades'],
  trade: (id: string) => ['trade', id],
  manualTrades: ['manual-trades'],
  executions: ['executions'],
  executionSettings: (walletId: string) => ['execution-settings', walletId],
  decisions: ['decisions'],
  signals: ['signals'],
  breaker: ['breaker'],
  riskStatus: ['risk-status'],
  riskSettings: ['risk-settings'],
  scopedLimits: ['scoped-limits'],
  tradingSchedule: (scope: string) => ['trading-schedule', scope],
  sessions: ['sessions'],
  security: ['security'],
  account: ['account'],
  exports: ['exports'],
  reports: ['reports'],
  reportSchedule: ['report-schedule'],
  note: (id: string) => ['trade-note', id],
  screenshots: (id: string) => ['screenshots', id],
  views: ['saved-views'],
  tags: ['tags'],
  alerts: ['alerts'],
  notifications: ['notifications'],
  notificationSettings: ['notification-settings'],
} as const satisfies Record<string, readonly string[] | ((id: string) => readonly string[])>

export const meQuery = queryOptions({
  queryKey: keys.me,
  queryFn: ({ signal }) => call('GET /me', { signal }),
  staleTime: 60_000,
})
export const walletsQuery = queryOptions({
  queryKey: keys.wallets,
  queryFn: async ({ signal }) => (await call('GET /wallets', { signal })).items,
  refetchInterval: unlessLive,
})
export const positionsQuery = queryOptions({
  queryKey: keys.positions,
  queryFn: async ({ signal }) => (await call('GET /positions', { signal })).items,
  refetchInterval: unlessLive,
})
export const positionQuery = (id: string) =>
  queryOptions({
    queryKey: keys.position(id),
    queryFn: ({ signal }) => call('GET /positions/{trade_id}', { path: { trade_id: id }, signal }),
    refetchInterval: unlessLive,
  })
export const tradeQuery = (id: string) =>
  queryOptions({
    queryKey: keys.trade(id),
    queryFn: ({ signal }) => call('GET /trades/{trade_id}', { path: { trade_id: id }, signal }),
  })
export const breakerQuery = queryOptions({
  queryKey: keys.breaker,
  queryFn: ({ signal }) => call('GET /circuit-breaker/status', { signal }),
  refetchInterval: unlessLive,
})
export const breakerHistoryQuery = queryOptions({
  queryKey: [...keys.breaker, 'history'],
  queryFn: async ({ signal }) => (await call('GET /circuit-breaker/history', { query: { limit: 100 }, signal })).items,
})
export const riskStatusQuery = queryOptions({
  queryKey: keys.riskStatus,
  queryFn: async ({ signal }) => {
    const { environments } = await call('GET /risk/status', { signal })
    const clocks = environments.flatMap((one) => one.market_time ?? [])
    hintMarketTime(clocks[0] ?? null)
    return environments
  },
  refetchInterval: POLL_MS,
})
export const riskSettingsQuery = queryOptions({
  queryKey: keys.riskSettings,
  queryFn: ({ signal }) => callWithEtag('GET /risk/settings', { signal }),
  staleTime: 60_000,
})
export const scopedLimitsQuery = queryOptions({
  queryKey: keys.scopedLimits,
  queryFn: async ({ signal }) => (await call('GET /risk/scopes', { signal })).items,
  staleTime: 60_000,
})
/** Whose trading schedule it is: all wallets', those at one venue, or one wallet's. */
export interface ScheduleScope {
  readonly kind: 'all' | 'venue' | 'wallet'
  readonly id: string
}
export const ALL_WALLETS: ScheduleScope = { kind: 'all', id: '' }
export const scheduleScopeKey = ({ kind, id }: ScheduleScope): string => `${kind}:${id}`
export const tradingScheduleQuery = (scope: ScheduleScope) =>
  queryOptions({
    queryKey: keys.tradingSchedule(scheduleScopeKey(scope)),
    queryFn: ({ signal }) => {
      if (scope.kind === 'venue')
        return callWithEtag('GET /venues/{venue}/schedule', { path: { venue: scope.id }, signal })
      if (scope.kind === 'wallet')
        return callWithEtag('GET /wallets/{wallet_id}/schedule', { path: { wallet_id: scope.id }, signal })
      return callWithEtag('GET /risk/schedule', { signal })
    },
    refetchInterval: 60_000,
  })
export const riskProfilesQuery = queryOptions({
  queryKey: ['risk-profiles'],
  queryFn: async ({ signal }) => (await call('GET /risk/profiles', { signal })).items,
  staleTime: 600_000,
})
export const decisionQuery = (id: string) =>
  queryOptions({
    queryKey: [...keys.decisions, 'one', id],
    queryFn: ({ signal }) => call('GET /risk/decisions/{decision_id}', { path: { decision_id: id }, signal }),
  })
export const recentDecisionsQuery = queryOptions({
  queryKey: [...keys.decisions, 'recent'],
  queryFn: async ({ signal }) => (await call('GET /risk/decisions', { query: { limit: 20 }, signal })).items,
  refetchInterval: unlessLive,
})
export const decisionsQuery = infiniteQueryOptions({
  queryKey: [...keys.decisions, 'all'],
  queryFn: ({ pageParam, signal }) =>
    call('GET /risk/decisions', { query: { limit: 50, ...(pageParam ? { cursor: pageParam } : {}) }, signal }),
  initialPageParam: '',
  getNextPageParam: (page) => page.next_cursor ?? undefined,
})
export const signalsQuery = queryOptions({
  queryKey: keys.signals,
  queryFn: async ({ signal }) => (await call('GET /signals', { query: { limit: 20 }, signal })).items,
  refetchInterval: 10_000,
})
export const venuesQuery = queryOptions({
  queryKey: ['venues'],
  queryFn: async ({ signal }) => (await call('GET /venues', { signal })).items,
  staleTime: 600_000,
})
export const marketsQuery = (venue: string) =>
  queryOptions({
    queryKey: ['markets', venue],
    queryFn: async ({ signal }) => (await call('GET /markets', { query: { venue }, signal })).items,
    staleTime: 600_000,
  })
export const strategiesQuery = queryOptions({
  queryKey: ['strategies'],
  queryFn: async ({ signal }) => (await call('GET /strategies', { signal })).items,
  staleTime: 600_000,
})
export interface AlertFilter {
  readonly level?: string | undefined
  readonly category?: string | undefined
  readonly wallet?: string | undefined
  readonly unread?: boolean | undefined
  /** Messages of a page. */
  readonly limit?: number | undefined
}
export const alertsQuery = queryOptions({
  queryKey: keys.alerts,
  queryFn: async ({ signal }) => ({
    unread: (await call('GET /notifications', { query: { limit: 1 }, signal })).unread,
  }),
  refetchInterval: unlessLive,
})
export const notificationsQuery = (filter: AlertFilter) =>
  infiniteQueryOptions({
    queryKey: [...keys.notifications, filter],
    queryFn: ({ pageParam, signal }) =>
      call('GET /notifications', {
        query: {
          limit: filter.limit ?? 50,
          ...(filter.level ? { level: [filter.level as EventLevel] } : {}),
          ...(filter.category ? { category: [filter.category as EventCategory] } : {}),
          ...(filter.wallet ? { wallet_id: filter.wallet } : {}),
          ...(filter.unread ? { unread: true } : {}),
          ...(pageParam ? { cursor: pageParam } : {}),
        },
        signal,
      }),
    initialPageParam: '',
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
  })
export const notificationSettingsQuery = queryOptions({
  queryKey: keys.notificationSettings,
  queryFn: ({ signal }) => call('GET /notifications/settings', { signal }),
  staleTime: 60_000,
})
export const sessionsQuery = queryOptions({
  queryKey: keys.sessions,
  queryFn: async ({ signal }) => (await call('GET /auth/sessions', { signal })).items,
})
export const securityQuery = queryOptions({
  queryKey: keys.security,
  queryFn: ({ signal }) => call('GET /account/security', { signal }),
})
export const armingQuery = (walletId: string) =>
  queryOptions({
    queryKey: ['arming', walletId],
    queryFn: ({ signal }) => call('GET /wallets/{wallet_id}/arming', { path: { wallet_id: walletId }, signal }),
  })
export const accountQuery = queryOptions({
  queryKey: keys.account,
  queryFn: ({ signal }) => call('GET /account', { signal }),
})
const EXPORT_POLL_MS = 1500
export const exportsQuery = queryOptions({
  queryKey: keys.exports,
  queryFn: async ({ signal }) => (await call('GET /exports', { signal })).items,
  refetchInterval: ({ state }) =>
    state.data?.some((one) => one.status === 'waiting' || one.status === 'running') ? EXPORT_POLL_MS : false,
})
export const reportsQuery = queryOptions({
  queryKey: keys.reports,
  queryFn: async ({ signal }) => (await call('GET /reports', { signal })).items,
  refetchInterval: ({ state }) =>
    state.data?.some((one) => one.status === 'waiting' || one.status === 'running') ? EXPORT_POLL_MS : false,
})
export const reportScheduleQuery = queryOptions({
  queryKey: keys.reportSchedule,
  queryFn: ({ signal }) => call('GET /reports/schedule', { signal }),
})
export const noteQuery = (id: string) =>
  queryOptions({
    queryKey: keys.note(id),
    queryFn: ({ signal }) => callWithEtag('GET /journal/trades/{trade_id}/note', { path: { trade_id: id }, signal }),
  })
export const screenshotsQuery = (id: string) =>
  queryOptions({
    queryKey: keys.screenshots(id),
    queryFn: async ({ signal }) =>
      (await call('GET /journal/trades/{trade_id}/screenshots', { path: { trade_id: id }, signal })).items,
  })
export const savedViewsQuery = queryOptions({
  queryKey: keys.views,
  queryFn: async ({ signal }) => (await call('GET /journal/views', { signal })).items,
})
export const tagsQuery = queryOptions({
  queryKey: keys.tags,
  queryFn: async ({ signal }) => (await call('GET /journal/tags', { signal })).items,
})
/** The newest bars; with `until`, those before that moment of the market, which stand still. */
export const candlesQuery = (
  venue: string,
  symbol: string,
  timeframe: string,
  { until, limit = 300 }: { readonly until?: string; readonly limit?: number } = {},
) =>
  queryOptions({
    queryKey: ['candles', venue, symbol, timeframe, until, limit],
    queryFn: async ({ signal }) =>
      (
        await call('GET /market/candles', {
          query: { venue, symbol, timeframe: timeframe as Timeframe, limit, ...(until ? { until } : {}) },
          signal,
        })
      ).items,
    refetchInterval: 15_000,
  })

/** The next funding of a market; its rate moves with the market, its moment seldom. */
export const fundingQuery = (venue: string, symbol: string) =>
  queryOptions({
    queryKey: ['funding', venue, symbol],
    queryFn: ({ signal }) => call('GET /market/funding', { query: { venue, symbol }, signal }),
    refetchInterval: FUNDING_POLL_MS,
    staleTime: FUNDING_POLL_MS,
  })

export interface JournalFilter {
  readonly wallet?: string | undefined
  readonly symbol?: string | undefined
  readonly status?: string | undefined
}
/** The filters of a journal page by the API's names. */
export type JournalQuery = Readonly<Record<string, string>>
function pageQuery(filter: JournalQuery, cursor: string, limit = PAGE_ROWS) {
  return { limit, ...filter, ...(cursor ? { cursor } : {}) }
}
export const executionsQuery = (filter: JournalQuery, rows = PAGE_ROWS) =>
  infiniteQueryOptions({
    queryKey: [...keys.executions, filter, rows],
    queryFn: ({ pageParam, signal }) =>
      call('GET /execution/logs', { query: pageQuery(filter, pageParam, rows), signal }),
    initialPageParam: '',
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
  })
/** What execution statistics are asked about, by the API's names; times are the wall's. */
export interface ExecutionAsked {
  readonly environment?: Environment | undefined
  readonly wallet_id?: string | undefined
  readonly strategy?: string | undefined
  readonly symbol?: string | undefined
  readonly from?: string | undefined
}
export const executionStatsQuery = (asked: ExecutionAsked) =>
  queryOptions({
    queryKey: ['execution-stats', asked],
    queryFn: ({ signal }) => {
      const query = Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined && value !== ''))
      return call('GET /execution/stats', { query, signal })
    },
    refetchInterval: 30_000,
    placeholderData: keepPreviousData,
  })
export const executionSettingsQuery = (walletId: string) =>
  queryOptions({
    queryKey: keys.executionSettings(walletId),
    queryFn: ({ signal }) =>
      callWithEtag('GET /wallets/{wallet_id}/execution-settings', { path: { wallet_id: walletId }, signal }),
    staleTime: 60_000,
  })
export const manualTradesQuery = (filter: { readonly wallet_id?: string; readonly symbol?: string }) =>
  infiniteQueryOptions({
    queryKey: [...keys.manualTrades, filter],
    queryFn: ({ pageParam, signal }) =>
      call('GET /manual-trades', {
        query: { ...filter, limit: PAGE_ROWS, ...(pageParam ? { cursor: pageParam } : {}) },
        signal,
      }),
    initialPageParam: '',
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
    refetchInterval: MANUAL_POLL_MS,
  })
/** Whether the user ever had a trade. */
export const anyTradeQuery = queryOptions({
  queryKey: [...keys.trades, 'any'],
  queryFn: async ({ signal }) => (await call('GET /trades', { query: { limit: 1 }, signal })).items.length > 0,
})
export const tradesQuery = (filter: JournalQuery) =>
  infiniteQueryOptions({
    queryKey: [...keys.trades, filter],
    queryFn: ({ pageParam, signal }) => call('GET /trades', { query: pageQuery(filter, pageParam), signal }),
    initialPageParam: '',
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
  })
