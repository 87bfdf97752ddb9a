import { useQuery } from '@tanstack/react-query'
import { linePath, scaleOf } from '@/charts/line-path'
import type { Asked } from '@/lib/api/analytics'
import { equityQuery } from '@/lib/api/analytics'
import type { Equity } from '@/lib/api/types'
import { count, money, percent } from '@/lib/format/numbers'
import { dateTime } from '@/lib/format/time'
import { useZone } from '@/lib/preferences/zone'
import { EmptyState } from '@/ui/EmptyState'
import { FigureTable } from '@/ui/FigureTable'
import { Panel } from '@/ui/Panel'
import { Skeleton } from '@/ui/Skeleton'
import { Surface } from '@/ui/Surface'

const WIDTH = 1000
const HEIGHT = 220
const FALL_HEIGHT = 80
const TABLE_ROWS = 12

function Lines({ line, zone }: { readonly line: Equity; readonly zone: string }) {
  const { at_ms: at, equity, drawdown_percent: falls } = line
  const scale = scaleOf(equity)
  const deepest = Math.max(...falls, 0.0001)
  const first = at[0] ?? 0
  const last = at.at(-1) ?? first
  const deepestAt = at[falls.indexOf(Math.max(...falls))] ?? first
  const under = linePath(
    at,
    falls.map((fall) => -fall),
    { low: -deepest, high: 0 },
    WIDTH,
    FALL_HEIGHT,
  )
  const step = Math.max(1, Math.ceil(at.length / TABLE_ROWS))
  return (
    <div className="p-3">
      <p className="mb-2 text-xs text-mid">
        From {money(equity[0])} on {dateTime(first, zone)} to {money(equity.at(-1))} on {dateTime(last, zone)}; deepest
        drawdown {percent(Math.max(...falls))} on {dateTime(deepestAt, zone)}.
      </p>
      <div aria-hidden="true" className="num text-2xs text-low">
        <div className="flex justify-between">
          <span>{money(scale.high)}</span>
        </div>
        <svg
          aria-hidden="true"
          viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
          preserveAspectRatio="none"
          className="h-44 w-full border-y border-line"
        >
          <path
            d={linePath(at, equity, scale, WIDTH, HEIGHT)}
            fill="none"
            stroke="currentColor"
            className="text-fg"
            strokeWidth="1.5"
            vectorEffect="non-scaling-stroke"
          />
        </svg>
        <div className="flex justify-between">
          <span>{money(scale.low)}</span>
          <span>Below the peak</span>
        </div>
        <svg
          aria-hidden="true"
          viewBox={`0 0 ${WIDTH} ${FALL_HEIGHT}`}
          preserveAspectRatio="none"
          className="h-16 w-full border-b border-line"
        >
          <path d={`${under}L${WIDTH} 0L0 0Z`} fill="currentColor" fillOpacity="0.35" className="text-loss" />
          <path
            d={under}
            fill="none"
            stroke="currentColor"
            className="text-loss"
            strokeWidth="1"
            vectorEffect="non-scaling-stroke"
          />
        </svg>
        <div className="flex justify-between">
          <span>{dateTime(first, zone)}</span>
          <span>−{percent(deepest)}</span>
          <span>{dateTime(last, zone)}</span>
        </div>
      </div>
      <details className="mt-2">
        <summary className="min-h-6 cursor-pointer content-center text-xs font-semibold pointer-coarse:min-h-11">
          View as table
        </summary>
        <FigureTable
          caption="Equity and drawdown by moment"
          headings={[{ title: 'At' }, { title: 'Equity', right: true }, { title: 'Drawdown', right: true }]}
          rows={at
            .map((moment, place) => ({
              key: String(moment),
              cells: [dateTime(moment, zone), money(equity[place]), percent(falls[place])],
            }))
            .filter((_, place) => place % step === 0 || place === at.length - 1)}
        />
      </details>
      {line.total > at.length && (
        <p className="mt-1 text-2xs text-low">
          {count(at.length)} of {count(line.total)} points, chosen so that the line keeps its shape.
        </p>
      )}
    </div>
  )
}

/** Equity over time with the drawdown below it. */
export function EquityPanel({ asked }: { readonly asked: Asked }) {
  const zone = useZone()
  const query = useQuery(equityQuery(asked))
  return (
    <Panel title="Equity and drawdown">
      <Surface query={query} what="Equity" loading={<Skeleton label="Loading equity" rows={8} />}>
        {(line) =>
          line.at_ms.length < 2 ? (
            <EmptyState title="No line to draw yet">
              <p>
                {line.asked.note ?? 'Equity is written down every five minutes of market time: two points make a line.'}
              </p>
            </EmptyState>
          ) : (
            <Lines line={line} zone={zone} />
          )
        }
      </Surface>
    </Panel>
  )
}
