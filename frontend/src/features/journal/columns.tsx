import type { Execution, Trade } from '@/lib/api/types'
import { ABSENT, basisPoints, count, money, plain, price, rMultiple } from '@/lib/format/numbers'
import { dateTime } from '@/lib/format/time'
import { exitReason, shortSymbol, words } from '@/lib/format/words'
import { Badge, SideBadge } from '@/ui/Badge'
import type { Column } from '@/ui/DataTable'
import { Pnl } from '@/ui/Pnl'

const FAILED = new Set(['rejected', 'failed', 'error', 'not_accepted'])

export function ExecutionStatus({ status }: { readonly status: string }) {
  const text = words(status)
  return FAILED.has(status.toLowerCase()) ? <Badge tone="crit">{text}</Badge> : <Badge>{text}</Badge>
}

const ENTRIES = new Set(['enter', 'entry', 'add'])

/** Only what leaves a position realises anything: an entry's zero says nothing. */
export function realises(row: Pick<Execution, 'action' | 'realized_pnl'>): boolean {
  return row.realized_pnl !== null && !ENTRIES.has(row.action)
}

export function executionColumns(zone: string, wallet: (id: string) => string): ReadonlyArray<Column<Execution>> {
  return [
    { id: 'time', title: 'Time', track: '10.5rem', cell: (row) => dateTime(row.market_time ?? row.timestamp, zone) },
    { id: 'symbol', title: 'Symbol', track: '6rem', cell: (row) => <b>{shortSymbol(row.symbol)}</b> },
    { id: 'action', title: 'Action', track: 'minmax(6.5rem,1fr)', cell: (row) => words(row.action) },
    { id: 'side', title: 'Side', track: '3rem', cell: (row) => words(row.side) },
    { id: 'status', title: 'Status', track: '5.5rem', cell: (row) => <ExecutionStatus status={row.status} /> },
    { id: 'filled', title: 'Filled', track: '5rem', right: true, cell: (row) => plain(row.filled_size) },
    { id: 'requested', title: 'Requested', track: '5.5rem', right: true, cell: (row) => price(row.requested_price) },
    { id: 'executed', title: 'Executed', track: '5.5rem', right: true, cell: (row) => price(row.executed_price) },
    { id: 'slippage', title: 'Slippage', track: '5.75rem', right: true, cell: (row) => basisPoints(row.slippage_bps) },
    { id: 'fees', title: 'Fees', track: '5rem', right: true, cell: (row) => money(row.fees_paid, 4) },
    {
      id: 'pnl',
      title: 'Realised P&L',
      track: '6.5rem',
      right: true,
      cell: (row) => (realises(row) ? <Pnl value={row.realized_pnl} /> : ABSENT),
    },
    {
      id: 'latency',
      title: 'Took',
      track: '4.75rem',
      right: true,
      cell: (row) => (row.execution_time_ms === null ? ABSENT : `${count(row.execution_time_ms)} ms`),
    },
    { id: 'wallet', title: 'Wallet', track: '6.5rem', cell: (row) => wallet(row.wallet_id) },
  ]
}

export function executionLabel(row: Execution, zone: string): string {
  return `${words(row.action)} ${shortSymbol(row.symbol)}, ${words(row.status)}, ${dateTime(row.market_time ?? row.timestamp, zone)}`
}

export function tradeColumns(zone: string): ReadonlyArray<Column<Trade>> {
  return [
    { id: 'closed', title: 'Closed', track: '10.5rem', cell: (row) => dateTime(row.closed_at, zone) },
    { id: 'symbol', title: 'Symbol', track: '7rem', cell: (row) => <b>{shortSymbol(row.symbol)}</b> },
    { id: 'side', title: 'Side', track: '6rem', cell: (row) => <SideBadge side={row.side} /> },
    { id: 'net', title: 'Net P&L', track: '8rem', right: true, cell: (row) => <Pnl value={row.net_pnl} /> },
    { id: 'r', title: 'R', track: '5.5rem', right: true, cell: (row) => rMultiple(row.r_multiple) },
    { id: 'exit', title: 'Exit reason', track: 'minmax(9rem,1fr)', cell: (row) => exitReason(row.exit_reason) },
    { id: 'entry', title: 'Entry', track: '7rem', right: true, cell: (row) => price(row.entry_price) },
    { id: 'exitPrice', title: 'Exit', track: '7rem', right: true, cell: (row) => price(row.exit_price) },
    { id: 'fees', title: 'Fees', track: '6rem', right: true, cell: (row) => money(row.fees, 4) },
    { id: 'funding', title: 'Funding', track: '6rem', right: true, cell: (row) => money(row.funding, 4) },
    { id: 'slippage', title: 'Slippage', track: '6rem', right: true, cell: (row) => basisPoints(row.slippage_bps) },
    { id: 'strategy', title: 'Strategy', track: '12rem', cell: (row) => `${words(row.strategy)} ${row.timeframe}` },
    { id: 'wallet', title: 'Wallet', track: '9rem', cell: (row) => row.wallet_name },
  ]
}

export function tradeLabel(row: Trade, zone: string): string {
  return `${shortSymbol(row.symbol)} ${row.side}, ${exitReason(row.exit_reason)}, closed ${dateTime(row.closed_at, zone)}`
}
