// Writes what the stream says into the query cache; the pages read nothing else.
import type { InfiniteData, QueryClient } from '@tanstack/react-query'
import { type JournalFilter, keys } from '@/lib/api/queries'
import type { Execution, Page, Position, PositionDetail, Wallet } from '@/lib/api/types'
import type { ClosedPosition, Delta, Frame, SnapshotData } from './frames'
import { marketTimeNow, setMarketTime } from './link'
import { acceptPrices } from './prices'

/** The first snapshot of a visit comes while the page is being read: asking all of it twice would only delay it. */
const FIRST_AGAIN_MS = 5000

function applySnapshot(client: QueryClient, data: SnapshotData): void {
  acceptPrices(data.prices)
  client.setQueryData(keys.positions, data.positions)
  client.setQueryData(keys.wallets, data.wallets)
  if (data.breaker !== null) client.setQueryData(keys.breaker, data.breaker)
  if (data.alerts !== null) client.setQueryData(keys.alerts, data.alerts)
  const first = marketTimeNow() === null
  setMarketTime(data.market_time)
  if (first) setTimeout(() => readAgain(client), FIRST_AGAIN_MS)
  else readAgain(client)
}

/** What was read before the snapshot may lack what happened in between, and no delta will tell it. */
function readAgain(client: QueryClient): void {
  for (const key of [keys.riskStatus, keys.executions, keys.trades, keys.decisions, keys.notifications, ['position']]) {
    void client.invalidateQueries({ queryKey: key })
  }
}

function isClosed(position: Position | ClosedPosition): position is ClosedPosition {
  return 'closed' in position && position.closed === true
}

/** The list with the position replaced, added at its end, or taken out. */
export function withPosition(
  list: ReadonlyArray<Position>,
  position: Position | ClosedPosition,
): ReadonlyArray<Position> {
  if (isClosed(position)) return list.filter((one) => one.id !== position.id)
  const known = list.some((one) => one.id === position.id)
  return known ? list.map((one) => (one.id === position.id ? position : one)) : [...list, position]
}

function withWallet(list: ReadonlyArray<Wallet>, wallet: Wallet): ReadonlyArray<Wallet> {
  const known = list.some((one) => one.id === wallet.id)
  return known ? list.map((one) => (one.id === wallet.id ? wallet : one)) : [...list, wallet]
}

/** Whether a new row belongs in a list under that filter. */
export function matches(row: Execution, filter: JournalFilter): boolean {
  return (
    (!filter.wallet || row.wallet_id === filter.wallet) &&
    (!filter.status || row.status === filter.status) &&
    (!filter.symbol || row.symbol === filter.symbol)
  )
}

/** The pages with the row at the head of the first, or in its old place where it was known. */
export function withExecution(
  pages: InfiniteData<Page<Execution>, string>,
  row: Execution,
): InfiniteData<Page<Execution>, string> {
  let known = false
  const replaced = pages.pages.map((page) => ({
    ...page,
    items: page.items.map((one) => {
      if (one.id !== row.id) return one
      known = true
      return row
    }),
  }))
  const [first, ...rest] = replaced
  if (known || first === undefined) return { ...pages, pages: replaced }
  return { ...pages, pages: [{ ...first, items: [row, ...first.items] }, ...rest] }
}

function applyExecution(client: QueryClient, row: Execution): void {
  for (const [key] of client.getQueriesData({ queryKey: keys.executions })) {
    const filter = (key[1] ?? {}) as JournalFilter
    if (!matches(row, filter)) continue
    client.setQueryData<InfiniteData<Page<Execution>, string>>(key, (pages) => pages && withExecution(pages, row))
  }
  if (row.trade_id !== null) void client.invalidateQueries({ queryKey: keys.trade(row.trade_id) })
}

function applyPosition(client: QueryClient, position: Position | ClosedPosition): void {
  client.setQueryData<ReadonlyArray<Position>>(keys.positions, (list) => list && withPosition(list, position))
  if (isClosed(position)) {
    void client.invalidateQueries({ queryKey: keys.trades })
    void client.invalidateQueries({ queryKey: keys.riskStatus })
  } else {
    const detail = client.getQueryData<PositionDetail>(keys.position(position.id))
    if (detail !== undefined && detail.stop_price === position.stop_price && detail.status === position.status) {
      client.setQueryData(keys.position(position.id), { ...detail, ...position })
      return
    }
  }
  void client.invalidateQueries({ queryKey: keys.position(position.id) })
}

function applyDelta(client: QueryClient, delta: Delta): void {
  switch (delta.topic) {
    case 'prices':
      acceptPrices(delta.data)
      return
    case 'position':
      applyPosition(client, delta.data)
      return
    case 'wallet':
      client.setQueryData<ReadonlyArray<Wallet>>(keys.wallets, (list) => list && withWallet(list, delta.data))
      return
    case 'breaker':
      client.setQueryData(keys.breaker, delta.data)
      void client.invalidateQueries({ queryKey: keys.riskStatus })
      return
    case 'execution':
      applyExecution(client, delta.data)
      return
    case 'decision':
      void client.invalidateQueries({ queryKey: keys.decisions })
      void client.invalidateQueries({ queryKey: keys.signals })
      return
    case 'notification':
      void client.invalidateQueries({ queryKey: keys.notifications })
      return
    case 'alerts':
      client.setQueryData(keys.alerts, delta.data)
      void client.invalidateQueries({ queryKey: keys.notifications })
      void client.invalidateQueries({ queryKey: keys.notificationSettings })
      return
    case 'trade':
      void client.invalidateQueries({ queryKey: keys.trades })
      void client.invalidateQueries({ queryKey: keys.trade(delta.data.id) })
      void client.invalidateQueries({ queryKey: keys.riskStatus })
  }
}

export function applyFrame(client: QueryClient, frame: Frame): void {
  if (frame.type === 'snapshot') applySnapshot(client, frame.data)
  else if (frame.type === 'heartbeat') setMarketTime(frame.market_time)
  else applyDelta(client, frame)
}
