import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { Asked } from '@/lib/api/analytics'
import { portfolioQuery } from '@/lib/api/analytics'
import type { Figure, Portfolio } from '@/lib/api/types'
import { count, money } from '@/lib/format/numbers'
import { dateTime } from '@/lib/format/time'
import { useNow } from '@/lib/preferences/now'
import { useZone } from '@/lib/preferences/zone'
import { marketTimeNow } from '@/lib/stream/link'
import { Badge } from '@/ui/Badge'
import { cx } from '@/ui/classes'
import { FigureTable } from '@/ui/FigureTable'
import { Panel } from '@/ui/Panel'
import { Pnl } from '@/ui/Pnl'
import { CardSkeletons } from '@/ui/Skeleton'
import { Surface } from '@/ui/Surface'
import { figureName, figureText, intervalText, isDrawnOut } from './figure-words'

const FIRST = ['total_return', 'sharpe_ratio', 'max_drawdown', 'win_rate', 'profit_factor', 'expectancy_r']
/** Between two snapshots of a resolution, market time. */
const STEPS_MS: Readonly<Record<string, number>> = { fine: 300_000, hour: 3_600_000, day: 86_400_000 }
/** Figures are asked for every minute. */
const LATE_MS = 180_000

interface FigureProps {
  readonly one: Figure
  /** What lies between two of the returns that were asked about. */
  readonly step?: string
}

/** "n=12, too few" where a figure rests on fewer than thirty, and a word where hours were drawn out to a year. */
export function Sample({ one, step = 'day' }: FigureProps) {
  const drawnOut = isDrawnOut(one.name, step)
  return (
    <span className={one.is_few || drawnOut ? 'text-warn' : 'text-low'}>
      n={count(one.n)}
      {one.is_few ? ', too few' : drawnOut ? ', a year from under 30 days' : ''}
    </span>
  )
}

function Card({ one, step = 'day' }: FigureProps) {
  const interval = intervalText(one)
  const weak = one.is_few || isDrawnOut(one.name, step)
  return (
    <div className="min-w-0 rounded-md border border-line bg-s1 p-3">
      <p className="text-xs text-mid">{figureName(one.name)}</p>
      <p className={cx('num truncate text-lg font-semibold', weak && 'text-low')}>{figureText(one.value, one.unit)}</p>
      <p className="num text-2xs text-low">{interval ? `95 % within ${interval}` : 'No interval'}</p>
      <p className="num text-2xs">
        <Sample one={one} step={step} />
      </p>
    </div>
  )
}

/** Whether the figures were old by the market's clock when they came, or have not come for long by the reader's. */
function useIsOld({ as_of: asOf, asked }: Portfolio, arrivedAt: number): boolean {
  const now = useNow()
  const [seen, setSeen] = useState({ arrivedAt: 0, market: marketTimeNow() })
  if (seen.arrivedAt !== arrivedAt) setSeen({ arrivedAt, market: marketTimeNow() })
  if (asOf === null) return false
  if (now - arrivedAt > LATE_MS) return true
  const step = STEPS_MS[asked.interval] ?? STEPS_MS.day ?? 0
  return seen.market !== null && seen.market - Date.parse(asOf) > 2 * step
}

function Money({ portfolio, arrivedAt }: { readonly portfolio: Portfolio; readonly arrivedAt: number }) {
  const zone = useZone()
  const old = useIsOld(portfolio, arrivedAt)
  return (
    <>
      <div className="min-w-0 rounded-md border border-line bg-s1 p-3">
        <p className="text-xs text-mid">Equity</p>
        <p className={cx('num truncate text-lg font-semibold', old && 'text-low')}>{money(portfolio.last_equity)}</p>
        <p className="num text-2xs text-low">
          {portfolio.as_of === null
            ? 'Not known'
            : `As of ${dateTime(portfolio.as_of, zone).slice(0, 16)}, market time`}{' '}
          {old && <Badge tone="warn">stale</Badge>}
        </p>
        <p className="num text-2xs text-low">{money(portfolio.flows)} flowed in meanwhile</p>
      </div>
      <div className="min-w-0 rounded-md border border-line bg-s1 p-3">
        <p className="text-xs text-mid">Closed trades, net</p>
        <p className="truncate text-lg font-semibold">
          <Pnl value={portfolio.net_pnl} />
        </p>
        <p className="num text-2xs text-low">
          {count(portfolio.trades)} trades: {count(portfolio.won)} won, {count(portfolio.lost)} lost
        </p>
      </div>
    </>
  )
}

function All({ figures, step }: { readonly figures: ReadonlyArray<Figure>; readonly step: string }) {
  return (
    <Panel title="Every figure, with its sample and its 95 % interval">
      <FigureTable
        caption="Every figure"
        headings={[
          { title: 'Figure' },
          { title: 'Value', right: true },
          { title: '95 % interval', right: true },
          { title: 'Sample', right: true },
        ]}
        rows={figures.map((one) => ({
          key: one.name,
          cells: [
            figureName(one.name),
            <span key="value" className={one.is_few || isDrawnOut(one.name, step) ? 'text-low' : ''}>
              {figureText(one.value, one.unit)}
            </span>,
            intervalText(one) ?? '–',
            <Sample key="sample" one={one} step={step} />,
          ],
        }))}
      />
    </Panel>
  )
}

/** The figures that matter first, each with what it rests on; `children` stand between them and all the others. */
export function FiguresPanel({ asked, children }: { readonly asked: Asked; readonly children: React.ReactNode }) {
  const query = useQuery(portfolioQuery(asked))
  const cards = 'grid grid-cols-2 gap-3 md:grid-cols-4'
  return (
    <Surface
      query={query}
      what="Figures"
      loading={<CardSkeletons label="Loading figures" cards={8} className={cards} />}
      className="grid gap-3"
    >
      {(portfolio) => {
        const step = portfolio.asked.interval
        const byName = new Map(portfolio.figures.map((one) => [one.name, one]))
        return (
          <>
            {portfolio.asked.note && <p className="text-mid">{portfolio.asked.note}</p>}
            <section aria-label="Key figures" className={cards}>
              <Money portfolio={portfolio} arrivedAt={query.dataUpdatedAt} />
              {FIRST.map((name) => byName.get(name)).map((one) => one && <Card key={one.name} one={one} step={step} />)}
            </section>
            {children}
            <All figures={portfolio.figures} step={step} />
          </>
        )
      }}
    </Surface>
  )
}
