import { createFileRoute } from '@tanstack/react-router'
import { LivePositionsPage, type PositionsSearch } from '@/features/positions/LivePositionsPage'
import { POSITION_ORDERS } from '@/features/positions/marking'

export const Route = createFileRoute('/_app/positions/live')({
  validateSearch: (search: Record<string, unknown>): PositionsSearch => ({
    trade: typeof search.trade === 'string' ? search.trade : undefined,
    wallet: typeof search.wallet === 'string' ? search.wallet : undefined,
    symbol: typeof search.symbol === 'string' ? search.symbol : undefined,
    sort: POSITION_ORDERS.find((order) => order === search.sort),
  }),
  component: function LivePositions() {
    const search = Route.useSearch()
    const navigate = Route.useNavigate()
    return (
      <LivePositionsPage
        search={search}
        onSearch={(change) => void navigate({ search: { ...search, ...change }, resetScroll: false, replace: true })}
      />
    )
  },
})
