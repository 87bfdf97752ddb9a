import { useQuery } from '@tanstack/react-query'
import type { Asked } from '@/lib/api/analytics'
import type { RiskMetrics, Tail } from '@/lib/api/types'
import { count, figure, percent } from '@/lib/format/numbers'
import { shortSymbol, words } from '@/lib/format/words'
import { Badge } from '@/ui/Badge'
import { EmptyState } from '@/ui/EmptyState'
import { FigureTable } from '@/ui/FigureTable'
import { Panel } from '@/ui/Panel'
import { Surface } from '@/ui/Surface'
import { riskMetricsQuery } from './analytics-queries'
import { Sample } from './FiguresPanel'
import { figureName, figureText } from './figure-words'

const ENOUGH_DAYS = 30

const INTERVALS: Record<string, string> = { fine: 'five minutes', hour: 'hour', day: 'day' }

function Judged({ tail }: { readonly tail: Tail }) {
  if (tail.judged === null) return <span className="text-low">Not judged</span>
  const { holds, exceptions, expected } = tail.judged
  return (
    <span>
      <Badge tone={holds ? 'outline' : 'warn'}>{holds ? 'holds' : 'does not hold'}</Badge> {count(exceptions)} of{' '}
      {figure(expected, 1)} expected
    </span>
  )
}

function Tails({ risk }: { readonly risk: RiskMetrics }) {
  const interval = INTERVALS[risk.asked.interval] ?? risk.asked.interval
  return (
    <>
      <FigureTable
        caption="Value at risk and expected shortfall"
        headings={[
          { title: 'Method' },
          { title: 'Level', right: true },
          { title: 'Over', right: true },
          { title: 'Value at risk', right: true },
          { title: 'Expected shortfall', right: true },
          { title: 'Kupiec test', right: true },
        ]}
        rows={risk.tails.map((tail) => ({
          key: `${tail.method} ${tail.level} ${tail.horizon}`,
          cells: [
            words(tail.method),
            percent(tail.level * 100, 0),
            `${tail.horizon} × ${interval}`,
            percent(tail.value_at_risk_percent),
            percent(tail.expected_shortfall_percent),
            <Judged key="judged" tail={tail} />,
          ],
        }))}
      />
      <p className="px-3 py-2 text-2xs text-low">
        A positive figure is a loss, in percent of equity. Each method is judged by how often it was exceeded on these
        very returns, when claimed from the 250 before; one that does not hold should not be relied on.
      </p>
    </>
  )
}

/** Two days always agree or differ wholly: fewer than thirty say little. */
function Days({ n }: { readonly n: number }) {
  return n < ENOUGH_DAYS ? <span className="text-warn">{count(n)}, too few</span> : <span>{count(n)}</span>
}

/** What the bad intervals cost, which claim of it holds, and how returns move with others. */
export function RiskMetricsPanel({ asked }: { readonly asked: Asked }) {
  const query = useQuery(riskMetricsQuery(asked))
  return (
    <Panel title="Risk metrics">
      <Surface query={query} what="Risk metrics">
        {(risk) =>
          risk.n < 2 ? (
            <EmptyState title="Too few returns for risk metrics">
              <p>{risk.asked.note ?? 'They need equity at three moments or more.'}</p>
            </EmptyState>
          ) : (
            <>
              <Tails risk={risk} />
              <FigureTable
                caption="Shape of returns"
                headings={[{ title: 'Figure' }, { title: 'Value', right: true }, { title: 'Sample', right: true }]}
                rows={risk.figures.map((one) => ({
                  key: one.name,
                  cells: [
                    figureName(one.name),
                    figureText(one.value, one.unit),
                    <Sample key="sample" one={one} step={risk.asked.interval} />,
                  ],
                }))}
              />
              {risk.correlations.length > 0 && (
                <FigureTable
                  caption="Correlation of daily results"
                  headings={[
                    { title: 'Daily results of' },
                    { title: 'and', right: true },
                    { title: 'Days', right: true },
                    { title: 'Correlation', right: true },
                  ]}
                  rows={risk.correlations.map((pair) => ({
                    key: `${pair.first} ${pair.second}`,
                    cells: [
                      partName(pair.first),
                      partName(pair.second),
                      <Days key="days" n={pair.n} />,
                      figure(pair.correlation, 2),
                    ],
                  }))}
                />
              )}
            </>
          )
        }
      </Surface>
    </Panel>
  )
}

function partName(key: string): string {
  return key.includes('/') ? shortSymbol(key) : words(key)
}
