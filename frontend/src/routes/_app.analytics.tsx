import { createFileRoute } from '@tanstack/react-router'
import { useCallback } from 'react'
import { AnalyticsPage } from '@/features/analytics/AnalyticsPage'
import { type AnalyticsSearch, readSearch } from '@/features/analytics/analytics-filter'

export const Route = createFileRoute('/_app/analytics')({
  validateSearch: readSearch,
  component: function Analytics() {
    const search = Route.useSearch()
    const navigate = Route.useNavigate()
    const onSearch = useCallback(
      (change: Partial<AnalyticsSearch>) =>
        void navigate({ search: (before) => ({ ...before, ...change }), replace: true, resetScroll: false }),
      [navigate],
    )
    return <AnalyticsPage search={search} onSearch={onSearch} />
  },
})
