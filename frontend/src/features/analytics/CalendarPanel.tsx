import { useQuery } from '@tanstack/react-query'
import type { Asked } from '@/lib/api/analytics'
import { signedMoney } from '@/lib/format/numbers'
import { plural } from '@/lib/format/words'
import { EmptyState } from '@/ui/EmptyState'
import { FigureTable } from '@/ui/FigureTable'
import { Panel } from '@/ui/Panel'
import { Pnl } from '@/ui/Pnl'
import { Surface } from '@/ui/Surface'
import { calendarQuery } from './analytics-queries'
import { daysOfMonths, intensity } from './calendar-cells'

const CELL = 14
const MONTHS = 12

/** Closed trades by day: hue and sign say which way, strength how much; the table says it in figures. */
export function CalendarPanel({ asked }: { readonly asked: Asked }) {
  const query = useQuery(calendarQuery(asked))
  return (
    <Panel title="Calendar of closed trades">
      <Surface query={query} what="The calendar">
        {(calendar) => {
          if (calendar.days.length === 0)
            return (
              <EmptyState title="No trade has closed in this range">
                <p>A day is coloured here once a trade closes on it.</p>
              </EmptyState>
            )
          const most = Math.max(...calendar.days.map((day) => Math.abs(Number(day.net_pnl))))
          const months = daysOfMonths(calendar.days).slice(-MONTHS)
          return (
            <div className="p-3">
              <div aria-hidden="true" className="flex flex-wrap gap-3">
                {months.map((month) => (
                  <figure key={month.name} className="m-0">
                    <figcaption className="num text-2xs text-low">{month.name}</figcaption>
                    <svg aria-hidden="true" width={7 * CELL} height={6 * CELL} viewBox={`0 0 ${7 * CELL} ${6 * CELL}`}>
                      {month.cells.map((cell) => (
                        <rect
                          key={cell.date}
                          x={cell.column * CELL}
                          y={cell.row * CELL}
                          width={CELL - 2}
                          height={CELL - 2}
                          rx="2"
                          fill="currentColor"
                          className={cell.net === null ? 'text-s3' : cell.net < 0 ? 'text-loss' : 'text-profit'}
                          fillOpacity={cell.net === null ? 1 : intensity(cell.net, most)}
                        />
                      ))}
                    </svg>
                  </figure>
                ))}
              </div>
              <FigureTable
                caption="Closed trades by month"
                headings={[
                  { title: 'Month' },
                  { title: 'Trades', right: true },
                  { title: 'Won', right: true },
                  { title: 'Net', right: true },
                ]}
                rows={calendar.months.toReversed().map((month) => ({
                  key: month.date,
                  cells: [month.date, month.trades, month.won, <Pnl key="net" value={month.net_pnl} />],
                }))}
              />
              <p className="mt-2 text-2xs text-low">
                Days of {calendar.time_zone}. Best {signedMoney(best(calendar.days, 1))}, worst{' '}
                {signedMoney(best(calendar.days, -1))} of {plural(calendar.days.length, 'day')} with a closed trade.
              </p>
            </div>
          )
        }}
      </Surface>
    </Panel>
  )
}

function best(days: ReadonlyArray<{ readonly net_pnl: string }>, sign: number): string {
  return days.reduce(
    (held, day) => (sign * Number(day.net_pnl) > sign * Number(held) ? day.net_pnl : held),
    days[0]?.net_pnl ?? '0',
  )
}
