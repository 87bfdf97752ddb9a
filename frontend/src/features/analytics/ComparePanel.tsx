import { useQuery } from '@tanstack/react-query'
import type { Asked } from '@/lib/api/analytics'
import { walletsQuery } from '@/lib/api/queries'
import type { Compared } from '@/lib/api/types'
import { count } from '@/lib/format/numbers'
import { EmptyState } from '@/ui/EmptyState'
import { SelectField } from '@/ui/Field'
import { FigureTable } from '@/ui/FigureTable'
import { Panel } from '@/ui/Panel'
import { Pnl } from '@/ui/Pnl'
import { Surface } from '@/ui/Surface'
import { keyName } from './AttributionPanel'
import { BESIDE, type BesideName } from './analytics-filter'
import { comparisonQuery } from './analytics-queries'
import { figureName, figureText, intervalText } from './figure-words'

const SHOWN = ['win_rate', 'profit_factor', 'payoff_ratio', 'expectancy', 'expectancy_r']

function cell(column: Compared, name: string) {
  const one = column.figures.find((held) => held.name === name)
  if (one === undefined) return '–'
  const interval = intervalText(one)
  return (
    <span className={one.is_few ? 'text-low' : ''}>
      {figureText(one.value, one.unit)}
      {interval && <span className="block text-2xs text-low">{interval}</span>}
    </span>
  )
}

/** The same figures of trades side by side, each with its interval: where these overlap, little is proved. */
export function ComparePanel(props: {
  readonly asked: Asked
  readonly by: BesideName
  readonly onBy: (by: BesideName) => void
}) {
  const query = useQuery(comparisonQuery(props.asked, props.by))
  const wallets = useQuery(walletsQuery)
  const names = new Map((wallets.data ?? []).map((wallet) => [wallet.id, wallet.name]))
  return (
    <Panel
      title="Side by side"
      aside={
        <SelectField
          label="Compare"
          value={props.by}
          onChange={(event) => props.onBy(event.target.value as BesideName)}
          options={BESIDE}
          fieldClassName="flex items-center gap-2 [&_label]:mb-0"
        />
      }
    >
      <Surface query={query} what="The comparison">
        {(answer) =>
          answer.columns.every((column) => column.trades === 0) ? (
            <EmptyState title="Nothing to compare yet">
              <p>{answer.asked.note ?? 'No trade has closed in this range.'}</p>
            </EmptyState>
          ) : (
            <FigureTable
              caption="Trades side by side"
              headings={[
                { title: 'Of' },
                { title: 'Trades', right: true },
                { title: 'Net', right: true },
                ...SHOWN.map((name) => ({ title: figureName(name), right: true })),
              ]}
              rows={answer.columns.map((column) => ({
                key: column.key,
                cells: [
                  <span key="of">
                    {keyName(props.by, column.key, names)}
                    {column.trades < 30 && <span className="block text-2xs text-warn">too few</span>}
                  </span>,
                  count(column.trades),
                  <Pnl key="net" value={column.net_pnl} />,
                  ...SHOWN.map((name) => cell(column, name)),
                ],
              }))}
            />
          )
        }
      </Surface>
    </Panel>
  )
}
