import type { ReactNode } from 'react'
import type { ExecutionStats, SlippageFigures } from '@/lib/api/types'
import { basisPoints, count, figure, money, percent } from '@/lib/format/numbers'
import { dateTime } from '@/lib/format/time'
import { limitName, shortSymbol, venueName, words } from '@/lib/format/words'
import { useZone } from '@/lib/preferences/zone'
import { EmptyState } from './EmptyState'
import { hourName, KEYS } from './execution-words'
import { Facts } from './Facts'
import { type Heading, FigureTable as Table } from './FigureTable'
import { Panel } from './Panel'

const SLIPPAGE_HEADINGS = (first: string): ReadonlyArray<Heading> => [
  { title: first },
  ...['Orders', 'Mean', 'Median', 'p95', 'Worst'].map((title) => ({ title, right: true })),
]

function slippageRow(name: ReactNode, row: SlippageFigures) {
  const figures = [row.mean_bps, row.median_bps, row.p95_bps, row.worst_bps].map((value) => basisPoints(value))
  return { key: row.key, cells: [name, count(row.n), ...figures] }
}

function Slippage({ stats, zone }: { readonly stats: ExecutionStats; readonly zone: string }) {
  const { slippage } = stats
  const names: Record<(typeof KEYS)[number]['field'], (key: string) => string> = {
    by_symbol: shortSymbol,
    by_order_type: words,
    by_size: (key) => key,
    by_hour: hourName,
    by_venue: venueName,
  }
  return (
    <Panel
      title="Slippage against the decision price"
      aside={<span className="text-2xs text-low">basis points, adverse when positive</span>}
    >
      <Table
        caption="Slippage of all orders"
        headings={SLIPPAGE_HEADINGS('Of')}
        rows={[slippageRow('All filled orders', slippage.all)]}
      />
      {KEYS.map(({ field, title }) => (
        <details key={field} className="border-t border-line" open={field === 'by_symbol'}>
          <summary className="min-h-6 cursor-pointer content-center px-3 py-1 font-semibold pointer-coarse:min-h-11">
            {title}
          </summary>
          <Table
            caption={`Slippage ${title.toLowerCase()}`}
            headings={SLIPPAGE_HEADINGS(title.replace('By ', '').replace(/^./, (letter) => letter.toUpperCase()))}
            rows={slippage[field].map((row) => slippageRow(names[field](row.key), row))}
          />
        </details>
      ))}
      <p className="px-3 py-2 text-2xs text-low">
        From {dateTime(stats.begin, zone)} to {dateTime(stats.end, zone)}. Each order counts once, with all its fills.
      </p>
    </Panel>
  )
}

function Latency({ stats }: { readonly stats: ExecutionStats }) {
  const { latency } = stats
  const rows = [
    ['Gate: signal to sending', latency.gate],
    ['Network: there and back', latency.network],
    ['Venue, by its own word', latency.venue],
    ['Sent to recorded', latency.sent_to_recorded],
  ] as const
  return (
    <Panel title="Where the time goes">
      <Table
        caption="Latency in milliseconds"
        headings={[{ title: 'Part' }, ...['Orders', 'p50', 'p95', 'p99'].map((title) => ({ title, right: true }))]}
        rows={rows.map(([name, row]) => ({
          key: name,
          cells: [
            name,
            count(row.n),
            ...[row.p50_ms, row.p95_ms, row.p99_ms].map((ms) => (ms === null ? '–' : `${figure(ms, 1)} ms`)),
          ],
        }))}
      />
    </Panel>
  )
}

function Fills({ stats }: { readonly stats: ExecutionStats }) {
  const { fills, attempts } = stats
  return (
    <Panel title="Fills, fees and attempts">
      <Facts
        className="p-3"
        facts={[
          ['Entries and exits sent by us', count(fills.orders_sent)],
          ['Filled, stops that were hit included', count(fills.orders_filled)],
          ['Filled whole', count(fills.orders_filled_whole)],
          ['Filled of each, on average', percent(fills.mean_filled_percent, 1)],
          ['Traded', money(fills.traded_notional)],
          ['Fees', fills.fees === null ? '–' : `${money(fills.fees)} (${figure(fills.fees_bps, 1)} bp)`],
          ['Lines in the log', count(attempts.lines)],
          ['Answered by the venue', count(attempts.answered)],
          ['Looked up, the answer was lost', count(attempts.looked_up)],
          ['Refused before sending', count(attempts.refused)],
          ['Tried again', `${count(attempts.retries)} times, ${count(attempts.orders_retried)} lines`],
        ]}
      />
    </Panel>
  )
}

function Refusals({ stats }: { readonly stats: ExecutionStats }) {
  return (
    <Panel title="Refusals by reason">
      {stats.refusals.length === 0 ? (
        <p className="p-3 text-mid">Nothing was refused in this time.</p>
      ) : (
        <Table
          caption="Decisions by reason of refusal"
          headings={[{ title: 'Reason' }, { title: 'Decisions', right: true }]}
          rows={stats.refusals.map((row) => ({ key: row.code, cells: [limitName(row.code), count(row.n)] }))}
        />
      )}
    </Panel>
  )
}

/** What the execution log adds up to: slippage, latency, fills, fees and refusals; every figure says of how many. */
export function ExecutionFigures({ stats }: { readonly stats: ExecutionStats }) {
  const zone = useZone()
  if (stats.attempts.lines === 0 && stats.refusals.length === 0) {
    return (
      <EmptyState title="Nothing was sent in this time">
        <p>Slippage, fills, latency and refusals are summed up here once a wallet trades.</p>
      </EmptyState>
    )
  }
  return (
    <div className="grid items-start gap-3 xl:grid-cols-2">
      <Slippage stats={stats} zone={zone} />
      <div className="grid min-w-0 gap-3">
        <Latency stats={stats} />
        <Fills stats={stats} />
        <Refusals stats={stats} />
      </div>
    </div>
  )
}
