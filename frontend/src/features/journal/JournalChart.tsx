import { useQuery } from '@tanstack/react-query'
import { ChartNotice, TradeChart } from '@/charts/TradeChart'
import { positionQuery } from '@/lib/api/queries'
import type { TradeDetail } from '@/lib/api/types'
import { price } from '@/lib/format/numbers'
import { exitReason, shortSymbol } from '@/lib/format/words'
import { Panel } from '@/ui/Panel'
import { Skeleton } from '@/ui/Skeleton'
import { Surface } from '@/ui/Surface'

function summaryOf(trade: TradeDetail): string {
  const closed =
    trade.closed_at === null ? 'still open' : `out at ${price(trade.exit_price)}, ${exitReason(trade.exit_reason)}`
  return `${shortSymbol(trade.symbol)} ${trade.side}: in at ${price(trade.entry_price)}, ${closed}; stop from ${price(trade.initial_stop_price)} to ${price(trade.stop_price)}.`
}

/** Entry, exits and the stop's path of a trade on its bars. */
export default function JournalChart({ trade }: { readonly trade: TradeDetail }) {
  const position = useQuery(positionQuery(trade.id))
  return (
    <Panel title={`${trade.timeframe} chart with the stop's path`} aside={<ChartNotice />}>
      <Surface query={position} what="The chart" loading={<Skeleton label="Loading chart" rows={6} className="h-96" />}>
        {(detail) => <TradeChart position={detail} closedAt={trade.closed_at} summary={summaryOf(trade)} />}
      </Surface>
    </Panel>
  )
}
