import { useQuery } from '@tanstack/react-query'
import type { Asked } from '@/lib/api/analytics'
import type { ExcursionDistribution } from '@/lib/api/types'
import { count, figure } from '@/lib/format/numbers'
import { plural } from '@/lib/format/words'
import { EmptyState } from '@/ui/EmptyState'
import { FigureTable } from '@/ui/FigureTable'
import { Panel } from '@/ui/Panel'
import { Surface } from '@/ui/Surface'
import { excursionsQuery } from './analytics-queries'
import { Sample } from './FiguresPanel'
import { figureName, figureText } from './figure-words'

type Bin = ExcursionDistribution['bins'][number]

function range(bin: Bin): string {
  return bin.high_r === null
    ? `${figure(bin.low_r, 2)} R and more`
    : `${figure(bin.low_r, 2)} to ${figure(bin.high_r, 2)} R`
}

/** A count with a bar as wide as its share of the largest one; the number tells it without the bar. */
function Count({ value, most }: { readonly value: number; readonly most: number }) {
  return (
    <span className="flex items-center justify-end gap-2">
      <svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true" className="h-2 w-16">
        <rect x={100 - (100 * value) / most} width={(100 * value) / most} height="8" className="fill-mid" />
      </svg>
      <span className="w-8">{count(value)}</span>
    </span>
  )
}

function Distribution({ found }: { readonly found: ExcursionDistribution }) {
  const rows = found.bins.filter(
    (bin) => bin.adverse_won + bin.adverse_lost + bin.favourable_won + bin.favourable_lost > 0,
  )
  const most = Math.max(
    1,
    ...rows.flatMap((bin) => [bin.adverse_won, bin.adverse_lost, bin.favourable_won, bin.favourable_lost]),
  )
  return (
    <FigureTable
      caption="How far trades ran, in R"
      headings={[
        { title: 'How far' },
        ...['Against, of winners', 'Against, of the others', 'For, of winners', 'For, of the others'].map((title) => ({
          title,
          right: true,
        })),
      ]}
      rows={rows.map((bin) => ({
        key: String(bin.low_r),
        cells: [
          range(bin),
          <Count key="aw" value={bin.adverse_won} most={most} />,
          <Count key="al" value={bin.adverse_lost} most={most} />,
          <Count key="fw" value={bin.favourable_won} most={most} />,
          <Count key="fl" value={bin.favourable_lost} most={most} />,
        ],
      }))}
    />
  )
}

/** How far closed trades ran against and for their owner before they were left: where stops and targets stand. */
export function ExcursionsPanel({ asked }: { readonly asked: Asked }) {
  const query = useQuery(excursionsQuery(asked))
  return (
    <Panel title="How far trades ran (MAE and MFE)">
      <Surface query={query} what="How far trades ran">
        {(found) =>
          found.known === 0 ? (
            <EmptyState title="Not known for these trades">
              <p>{found.asked.note}</p>
            </EmptyState>
          ) : (
            <>
              <FigureTable
                caption="Middle of how far trades ran"
                headings={[{ title: 'Figure' }, { title: 'Value', right: true }, { title: 'Sample', right: true }]}
                rows={found.figures.map((one) => ({
                  key: one.name,
                  cells: [figureName(one.name), figureText(one.value, one.unit), <Sample key="sample" one={one} />],
                }))}
              />
              {found.in_r > 0 && <Distribution found={found} />}
              <p className="px-3 py-2 text-2xs text-low">
                Known for {count(found.known)} of {plural(found.trades, 'closed trade')}, out of the venue's bars,
                before costs. The bars of entry and exit are counted whole, so that each figure is an upper bound.
              </p>
            </>
          )
        }
      </Surface>
    </Panel>
  )
}
