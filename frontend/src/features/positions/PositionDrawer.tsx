import { useQuery } from '@tanstack/react-query'
import { StopRuler } from '@/charts/StopRuler'
import { ChartNotice, TradeChart } from '@/charts/TradeChart'
import { positionQuery } from '@/lib/api/queries'
import type { PositionDetail } from '@/lib/api/types'
import { figure, money, plain, price, rMultiple, signedMoney } from '@/lib/format/numbers'
import { dateTime } from '@/lib/format/time'
import { shortSymbol, tradeStatus, words } from '@/lib/format/words'
import { useZone } from '@/lib/preferences/zone'
import { useQuote } from '@/lib/stream/prices'
import { EnvironmentBadge, SideBadge } from '@/ui/Badge'
import { Facts } from '@/ui/Facts'
import { Drawer } from '@/ui/Modal'
import { Panel } from '@/ui/Panel'
import { Pnl } from '@/ui/Pnl'
import { Skeleton } from '@/ui/Skeleton'
import { Surface } from '@/ui/Surface'
import { ExitButton } from './ExitButton'
import { HealthButton } from './HealthButton'
import { marked } from './marking'
import { ladderWords, protectionWords, rulerSummary, stopHasMoved, trailingWords } from './position-words'

function Events({ position, tick }: { readonly position: PositionDetail; readonly tick: string | undefined }) {
  const zone = useZone()
  const moves = position.stop_history.map((move) => ({ at: move.at, text: `Stop at ${price(move.stop_price, tick)}` }))
  const events = position.events.map((event) => ({ at: event.at, text: event.message || words(event.kind) }))
  const rules = position.reactions.map((one) => ({
    at: one.at,
    text: `${words(one.rule)} at ${price(one.mark_price, tick)}${one.action === 'move_stop' ? `: stop to ${price(one.stop_price, tick)}` : ''}`,
  }))
  const all = [...(events.length > 0 ? [] : moves), ...rules, ...events].sort((a, b) => b.at.localeCompare(a.at))
  if (all.length === 0) return <p className="p-3 text-mid">Nothing has happened to this position yet.</p>
  return (
    <ol className="max-h-80 divide-y divide-line overflow-auto">
      {all.map((event, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: two events may share moment and text
        <li key={`${event.at}${index}`} className="flex gap-3 px-3 py-1.5">
          <time dateTime={event.at} className="num shrink-0 text-mid">
            {dateTime(event.at, zone)}
          </time>
          <span>{event.text}</span>
        </li>
      ))}
    </ol>
  )
}

function Body({ position, tick }: { readonly position: PositionDetail; readonly tick: string | undefined }) {
  const zone = useZone()
  const quote = useQuote(position.symbol)
  const closed = position.status === 'CLOSED'
  const live = marked(position, closed ? undefined : quote?.mark)
  const { entry_price: entry, initial_stop_price: initial, stop_price: stop } = position
  return (
    <div className="space-y-3">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <Pnl value={live.pnl} percent={live.percent} className="text-lg font-semibold" />
        <span className="num text-mid">{rMultiple(live.r)}</span>
        {position.health && <HealthButton health={position.health} subject={shortSymbol(position.symbol)} />}
        {live.byClient && (
          <span className="text-2xs text-low">marked here at the live price, before closing costs</span>
        )}
        {!closed && <ExitButton position={position} pnl={live.pnl} className="ml-auto" />}
      </div>
      {entry !== null && initial !== null && stop !== null && live.mark !== null && (
        <StopRuler
          side={position.side}
          entry={entry}
          initialStop={initial}
          stop={stop}
          target={position.take_profit_price}
          mark={live.mark}
          trailed={stopHasMoved(position)}
          partsTaken={position.scale_out_step}
          summary={rulerSummary(position, live.mark, tick)}
        />
      )}
      <Panel title={`${shortSymbol(position.symbol)} · ${position.timeframe} · stop path`} aside={<ChartNotice />}>
        <TradeChart
          position={position}
          tick={tick}
          closedAt={closed ? (position.events.at(-1)?.at ?? null) : null}
          summary={rulerSummary(position, position.mark_price, tick)}
        />
      </Panel>
      <div className="grid gap-3 md:grid-cols-2">
        <Panel title="Figures">
          <Facts
            className="p-3"
            facts={[
              ['Status', tradeStatus(position.status)],
              ['Protection', protectionWords(position)],
              ['Mark', price(live.mark, tick)],
              ['Entry', price(entry, tick)],
              ['First stop', price(initial, tick)],
              ['Stop now', price(stop, tick)],
              ['Target', price(position.take_profit_price, tick)],
              ['Quantity', plain(position.quantity)],
              ['Initial risk (1R)', money(position.risk_amount)],
              ['At risk now', money(position.open_risk)],
              ['Open result (unrealised)', signedMoney(live.pnl)],
              ['Booked so far, net of fees and funding', signedMoney(position.net_pnl)],
              ['Trailing', trailingWords(position, tick)],
              ...(position.ladder === null ? [] : [['Ladder', ladderWords(position, tick)] as const]),
              ['Opened (market time)', dateTime(position.opened_at, zone)],
              ['Next rule', position.next_rule ?? '–'],
            ]}
          />
        </Panel>
        <Panel title="Why it was opened">
          <Facts
            className="p-3"
            facts={[
              ['Strategy', `${words(position.strategy)} on ${position.timeframe}`],
              ['Confidence', figure(position.signal_confidence, 2)],
              ['Wallet', position.wallet_name],
            ]}
          />
          <p className="px-3 pb-3">{position.reason ?? 'No reason was recorded.'}</p>
        </Panel>
      </div>
      <Panel title="Events">
        <Events position={position} tick={tick} />
      </Panel>
    </div>
  )
}

interface Props {
  readonly id: string
  readonly ticks: ReadonlyMap<string, string>
  readonly onClose: () => void
}

/** One position whole: chart with the stepped stop, figures, the signal's reason and what happened. */
export function PositionDrawer({ id, ticks, onClose }: Props) {
  const query = useQuery(positionQuery(id))
  const position = query.data
  const title = position === undefined ? 'Position' : shortSymbol(position.symbol)
  return (
    <Drawer
      open
      wide
      onClose={onClose}
      title={
        <>
          {title}
          {position && <SideBadge side={position.side} />}
          {position && <EnvironmentBadge environment={position.environment} />}
        </>
      }
    >
      <Surface query={query} what="The position" loading={<Skeleton label="Loading position" rows={8} />}>
        {(data) => <Body position={data} tick={ticks.get(data.symbol)} />}
      </Surface>
    </Drawer>
  )
}
