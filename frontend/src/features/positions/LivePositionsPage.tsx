import { useQueries, useQuery } from '@tanstack/react-query'
import { Suspense } from 'react'
import { marketsQuery, positionsQuery, walletsQuery } from '@/lib/api/queries'
import type { Market, Position } from '@/lib/api/types'
import { plural, shortSymbol } from '@/lib/format/words'
import { Button } from '@/ui/Button'
import { EmptyState } from '@/ui/EmptyState'
import { SelectField } from '@/ui/Field'
import { part } from '@/ui/part'
import { CardSkeletons } from '@/ui/Skeleton'
import { Surface } from '@/ui/Surface'
import type { PositionOrder } from './marking'
import { PositionCard } from './PositionCard'
import { RiskStrip } from './RiskStrip'
import { useSteadyOrder } from './steady-order'
import { WhyNothing } from './WhyNothing'

const PositionDrawer = part(() => import('./PositionDrawer').then((module) => ({ default: module.PositionDrawer })))

export interface PositionsSearch {
  readonly trade?: string | undefined
  readonly wallet?: string | undefined
  readonly symbol?: string | undefined
  readonly sort?: PositionOrder | undefined
}

interface Props {
  readonly search: PositionsSearch
  readonly onSearch: (change: PositionsSearch) => void
}

const ORDERS: ReadonlyArray<readonly [PositionOrder, string]> = [
  ['health', 'Worst health first'],
  ['opened', 'Newest first'],
  ['pnl', 'Worst result first'],
  ['risk', 'Most at risk first'],
  ['symbol', 'Symbol'],
]
const GRID = 'grid gap-3 md:grid-cols-2 xl:grid-cols-3 2xl:grid-cols-4 *:@container'

function ticksOf(queries: ReadonlyArray<{ data: ReadonlyArray<Market> | undefined }>): ReadonlyMap<string, string> {
  return new Map(
    queries.flatMap(({ data }) => (data ?? []).map((market) => [market.symbol, market.tick_size] as const)),
  )
}

/** Tick sizes by symbol, for every venue a position is on. */
function useTicks(positions: ReadonlyArray<Position> | undefined): ReadonlyMap<string, string> {
  const venues = [...new Set((positions ?? []).map((position) => position.venue))].sort()
  return useQueries({ queries: venues.map((venue) => marketsQuery(venue)), combine: ticksOf })
}

export function LivePositionsPage({ search, onSearch }: Props) {
  const positions = useQuery(positionsQuery)
  const wallets = useQuery(walletsQuery)
  const ticks = useTicks(positions.data)
  const active = wallets.data?.filter((wallet) => wallet.status === 'active') ?? []
  const shown = useSteadyOrder(
    (positions.data ?? []).filter(
      (position) =>
        (!search.wallet || position.wallet_id === search.wallet) &&
        (!search.symbol || position.symbol === search.symbol),
    ),
    search.sort ?? 'health',
  )
  const symbols = [...new Set((positions.data ?? []).map((position) => position.symbol))].sort()
  return (
    <div className="space-y-3">
      <RiskStrip />
      <Surface
        query={positions}
        what="Positions"
        loading={<CardSkeletons label="Loading positions" cards={3} className={GRID} />}
        className="space-y-3"
      >
        {(all) =>
          all.length === 0 ? (
            <div className="rounded-md border border-line bg-s1">
              <WhyNothing />
            </div>
          ) : (
            <>
              <div className="flex flex-wrap items-end justify-between gap-3">
                <p role="status" className="num text-mid">
                  {plural(shown.length, 'open position')}
                </p>
                <div className="flex flex-wrap gap-2">
                  {active.length > 1 && (
                    <SelectField
                      label="Wallet"
                      value={search.wallet ?? ''}
                      onChange={(event) => onSearch({ wallet: event.target.value || undefined })}
                      options={[['', 'All wallets'], ...active.map((wallet) => [wallet.id, wallet.name] as const)]}
                    />
                  )}
                  {(symbols.length > 1 || search.symbol) && (
                    <SelectField
                      label="Symbol"
                      value={search.symbol ?? ''}
                      onChange={(event) => onSearch({ symbol: event.target.value || undefined })}
                      options={[
                        ['', 'All symbols'],
                        ...symbols.map((symbol) => [symbol, shortSymbol(symbol)] as const),
                      ]}
                    />
                  )}
                  <SelectField
                    label="Order"
                    value={search.sort ?? 'health'}
                    onChange={(event) => onSearch({ sort: event.target.value as PositionOrder })}
                    options={ORDERS}
                  />
                </div>
              </div>
              {shown.length === 0 && (
                <EmptyState title="No position matches the filters.">
                  <Button onClick={() => onSearch({ wallet: undefined, symbol: undefined })}>Show all</Button>
                </EmptyState>
              )}
              <div className={GRID}>
                {shown.map((position) => (
                  <div key={position.id} className="grid">
                    <PositionCard
                      position={position}
                      tick={ticks.get(position.symbol)}
                      onOpen={(trade) => onSearch({ trade })}
                    />
                  </div>
                ))}
              </div>
            </>
          )
        }
      </Surface>
      {search.trade && (
        <Suspense fallback={null}>
          <PositionDrawer id={search.trade} ticks={ticks} onClose={() => onSearch({ trade: undefined })} />
        </Suspense>
      )}
    </div>
  )
}
