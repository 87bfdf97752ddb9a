import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import type { Asked } from '@/lib/api/analytics'
import { walletsQuery } from '@/lib/api/queries'
import type { Causes } from '@/lib/api/types'
import { count } from '@/lib/format/numbers'
import { shortSymbol, words } from '@/lib/format/words'
import { EmptyState } from '@/ui/EmptyState'
import { SelectField } from '@/ui/Field'
import { FigureTable } from '@/ui/FigureTable'
import { Panel } from '@/ui/Panel'
import { Pnl } from '@/ui/Pnl'
import { Surface } from '@/ui/Surface'
import { CUTS, type CutName } from './analytics-filter'
import { attributionQuery } from './analytics-queries'

const CAUSES = ['signal', 'sizing', 'slippage', 'fees', 'funding', 'net'] as const

function cells(name: ReactNode, trades: number, causes: Causes): ReactNode[] {
  return [name, count(trades), ...CAUSES.map((cause) => <Pnl key={cause} value={causes[cause]} />)]
}

/** How a key of a cut is read. */
export function keyName(by: string, key: string, wallets: ReadonlyMap<string, string>): string {
  if (by === 'symbol') return key.includes('/') ? shortSymbol(key) : words(key)
  if (by === 'wallet') return wallets.get(key) ?? key
  if (by === 'hour') return /^\d\d$/.test(key) ? `${key}:00` : words(key)
  if (by === 'tag') return key
  return words(key)
}

/** What profit and loss came from; every column adds up to the last row, to the cent and beyond. */
export function AttributionPanel(props: {
  readonly asked: Asked
  readonly by: CutName
  readonly onBy: (by: CutName) => void
}) {
  const query = useQuery(attributionQuery(props.asked, props.by))
  const wallets = useQuery(walletsQuery)
  const names = new Map((wallets.data ?? []).map((wallet) => [wallet.id, wallet.name]))
  const title = CUTS.find(([name]) => name === props.by)?.[1] ?? 'Key'
  return (
    <Panel
      title="Where profit and loss came from"
      aside={
        <SelectField
          label="Cut by"
          value={props.by}
          onChange={(event) => props.onBy(event.target.value as CutName)}
          options={CUTS}
          fieldClassName="flex items-center gap-2 [&_label]:mb-0 [&_label]:whitespace-nowrap"
        />
      }
    >
      <Surface query={query} what="Attribution">
        {(answer) =>
          answer.shares.length === 0 ? (
            <EmptyState title="Nothing was made or lost in this range">
              <p>{answer.asked.note}</p>
            </EmptyState>
          ) : (
            <>
              <FigureTable
                caption="Profit and loss by cause"
                headings={[
                  { title },
                  ...['Trades', 'Signal', 'Sizing', 'Slippage', 'Fees', 'Funding', 'Net'].map((one) => ({
                    title: one,
                    right: true,
                  })),
                ]}
                rows={[
                  ...answer.shares.map((share) => ({
                    key: share.key,
                    cells: cells(keyName(props.by, share.key, names), share.trades, share.causes),
                  })),
                  { key: 'all rows', cells: cells(<strong>All</strong>, answer.trades, answer.total) },
                ]}
              />
              <p className="px-3 py-2 text-2xs text-low">
                Signal: what the decisions made, had every trade risked the same. Sizing: what risking more or less
                added. Slippage: what fills at other prices than decided cost. The causes add up to the net, and the
                rows to the account's ledger.
              </p>
            </>
          )
        }
      </Surface>
    </Panel>
  )
}
