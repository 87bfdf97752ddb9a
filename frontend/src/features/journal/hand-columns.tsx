import type { ManualTrade } from '@/lib/api/types'
import { ABSENT, money, plain, price } from '@/lib/format/numbers'
import { dateTime } from '@/lib/format/time'
import { exitReason, shortSymbol, words } from '@/lib/format/words'
import type { Column } from '@/ui/DataTable'
import { Pnl } from '@/ui/Pnl'

const EFFECTS: Readonly<Record<ManualTrade['effect'], string>> = {
  closed_ours: 'Closed our position',
  reduced_ours: 'Reduced our position',
  reduced_own: 'Reduced their own',
  opened_own: 'Opened their own',
}

/** What our exit rules would have done: "take profit at 43,000", or where that stands. */
export function insteadOf(row: ManualTrade): string {
  switch (row.counterfactual) {
    case 'none':
      return ABSENT
    case 'pending':
      return 'Not known yet'
    case 'unresolved':
      return 'Not to be found out'
    case 'resolved':
      return `${exitReason(row.rules_exit_reason)} at ${price(row.rules_exit_price)}`
  }
}

export function handColumns(zone: string, wallet: (id: string) => string): ReadonlyArray<Column<ManualTrade>> {
  return [
    { id: 'time', title: 'Time', track: '10.5rem', cell: (row) => dateTime(row.executed_at, zone) },
    { id: 'symbol', title: 'Symbol', track: '6rem', cell: (row) => <b>{shortSymbol(row.symbol)}</b> },
    { id: 'effect', title: 'What it did', track: 'minmax(9rem,1fr)', cell: (row) => EFFECTS[row.effect] },
    { id: 'side', title: 'Side', track: '3rem', cell: (row) => words(row.side) },
    { id: 'quantity', title: 'Quantity', track: '6rem', right: true, cell: (row) => plain(row.quantity) },
    { id: 'entry', title: 'Entry', track: '6rem', right: true, cell: (row) => price(row.entry_price) },
    { id: 'exit', title: 'Price', track: '6rem', right: true, cell: (row) => price(row.exit_price) },
    { id: 'fees', title: 'Fees', track: '5rem', right: true, cell: (row) => money(row.fees, 4) },
    { id: 'pnl', title: 'Net P&L', track: '7rem', right: true, cell: (row) => <Pnl value={row.pnl} /> },
    { id: 'rules', title: 'Our rules instead', track: 'minmax(11rem,1fr)', cell: insteadOf },
    {
      id: 'rulesPnl',
      title: 'Their net P&L',
      track: '7rem',
      right: true,
      cell: (row) => (row.rules_pnl === null ? ABSENT : <Pnl value={row.rules_pnl} />),
    },
    {
      id: 'strategy',
      title: 'Strategy',
      track: '8rem',
      cell: (row) => (row.strategy === null ? ABSENT : words(row.strategy)),
    },
    { id: 'wallet', title: 'Wallet', track: '6.5rem', cell: (row) => wallet(row.wallet_id) },
  ]
}

export function handLabel(row: ManualTrade, zone: string): string {
  return `${EFFECTS[row.effect]} in ${shortSymbol(row.symbol)}, ${dateTime(row.executed_at, zone)}`
}
