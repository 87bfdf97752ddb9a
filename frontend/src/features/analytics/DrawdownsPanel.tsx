import { useQuery } from '@tanstack/react-query'
import type { Asked } from '@/lib/api/analytics'
import { figure, percent } from '@/lib/format/numbers'
import { dateTime } from '@/lib/format/time'
import { useZone } from '@/lib/preferences/zone'
import { EmptyState } from '@/ui/EmptyState'
import { FigureTable } from '@/ui/FigureTable'
import { Panel } from '@/ui/Panel'
import { Surface } from '@/ui/Surface'
import { drawdownsQuery } from './analytics-queries'

/** The deepest falls from a peak, with their dates. */
export function DrawdownsPanel({ asked }: { readonly asked: Asked }) {
  const zone = useZone()
  const query = useQuery(drawdownsQuery(asked))
  return (
    <Panel title="Deepest drawdowns">
      <Surface query={query} what="Drawdowns">
        {(answer) =>
          answer.falls.length === 0 ? (
            <EmptyState title="No drawdown in this range">
              <p>{answer.asked.note ?? 'Equity has not been below an earlier peak.'}</p>
            </EmptyState>
          ) : (
            <>
              <FigureTable
                caption="Drawdowns, the deepest first"
                headings={[
                  { title: 'Peak' },
                  ...['Depth', 'Trough', 'Recovered', 'Days'].map((title) => ({ title, right: true })),
                ]}
                rows={answer.falls.map((fall) => ({
                  key: fall.peak_at,
                  cells: [
                    dateTime(fall.peak_at, zone),
                    percent(fall.depth_percent),
                    dateTime(fall.trough_at, zone),
                    fall.recovery_at === null ? 'not yet' : dateTime(fall.recovery_at, zone),
                    figure(fall.days, 1),
                  ],
                }))}
              />
              <p className="px-3 py-2 text-2xs text-low">
                Deposits and withdrawals taken out. Now {percent(answer.current_percent)} below the peak.
              </p>
            </>
          )
        }
      </Surface>
    </Panel>
  )
}
