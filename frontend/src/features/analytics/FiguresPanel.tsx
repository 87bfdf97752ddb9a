import { useQuery } from '@tanstack/react-query'
import type { Asked } from '@/lib/api/analytics'
import { portfolioQuery } from '@/lib/api/analytics'
import type { Figure, Portfolio } from '@/lib/api/types'
import { count, money } from '@/lib/format/numbers'
import { ago, dateTime } from '@/lib/format/time'
import { useZone } from '@/lib/preferences/zone'
import { useMarketTime } from '@/lib/stream/link'
import { Badge } from '@/ui/Badge'
import { cx } from '@/ui/classes'
import { FigureTable } from '@/ui/FigureTable'
import { Panel } from '@/ui/Panel'
import { Pnl } from '@/ui/Pnl'
import { CardSkeletons } from '@/ui/Skeleton'
import { Surface } from '@/ui/Surface'
import { figureName, figureText, intervalText } from './figure-words'

const FIRST = ['total_return', 'sharpe_ratio', 'max_drawdown', 'win_rate', 'profit_factor', 'expectancy_r']
/** Snapshots are taken every five minutes of market time. */
const STALE_MS = 15 * 60_000

/** "n=12, too few" where a figure rests on fewer than thirty. */
export function Sample({ one }: { readonly one: Figure }) {
  return (
    <span className={one.is_few ? 'text-warn' : 'text-low'}>
      n={count(one.n)}
      {one.is_few ? ', too few' : ''}
    </span>
  )
}

function Card({ one }: { readonly one: Figure }) {
  const interval = intervalText(one)
  return (
    <div className="min-w-0 rounded-md border border-line bg-s1 p-3">
      <p className="text-xs text-mid">{figureName(one.name)}</p>
      <p className={cx('num truncate text-lg font-semibold', one.is_few && 'text-low')}>
        {figureText(one.value, one.unit)}
      </p>
      <p className="num text-2xs text-low">{interval ? `95 % within ${interval}` : 'No interval'}</p>
      <p className="num text-2xs">
        <Sample one={one} />
      </p>
    </div>
  )
}

function Money({ portfolio }: { readonly portfolio: Portfolio }) {
  const now = useMarketTime()
  const zone = useZone()
  const { as_of: asOf } = portfolio
  const old = asOf !== null && now !== null && now - Date.parse(asOf) > STALE_MS
  return (
    <>
      <div className="min-w-0 rounded-md border border-line bg-s1 p-3">
        <p className="text-xs text-mid">Equity</p>
        <p className={cx('num truncate text-lg font-semibold', old && 'text-low')}>{money(portfolio.last_equity)}</p>
        <p className="num text-2xs text-low">
          {asOf === null ? 'Not known' : now === null ? dateTime(asOf, zone) : `${ago(asOf, now)}, market time`}{' '}
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

function All({ figures }: { readonly figures: ReadonlyArray<Figure> }) {
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
            <span key="value" className={one.is_few ? 'text-low' : ''}>
              {figureText(one.value, one.unit)}
            </span>,
            intervalText(one) ?? '–',
            <Sample key="sample" one={one} />,
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
        const byName = new Map(portfolio.figures.map((one) => [one.name, one]))
        return (
          <>
            {portfolio.asked.note && <p className="text-mid">{portfolio.asked.note}</p>}
            <section aria-label="Key figures" className={cards}>
              <Money portfolio={portfolio} />
              {FIRST.map((name) => byName.get(name)).map((one) => one && <Card key={one.name} one={one} />)}
            </section>
            {children}
            <All figures={portfolio.figures} />
          </>
        )
      }}
    </Surface>
  )
}
