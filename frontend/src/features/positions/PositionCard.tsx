import { StopRuler } from '@/charts/StopRuler'
import type { Position } from '@/lib/api/types'
import { multiply } from '@/lib/format/decimal'
import { money, plain, price, rMultiple } from '@/lib/format/numbers'
import { ago, dateTime } from '@/lib/format/time'
import { shortSymbol, words } from '@/lib/format/words'
import { useZone } from '@/lib/preferences/zone'
import { useLinkState, useMarketTime } from '@/lib/stream/link'
import { useQuote } from '@/lib/stream/prices'
import { Badge, EnvironmentBadge, SideBadge } from '@/ui/Badge'
import { cx } from '@/ui/classes'
import { Facts } from '@/ui/Facts'
import { Icon } from '@/ui/icons'
import { Pnl } from '@/ui/Pnl'
import { ConfirmEntry } from './ConfirmEntry'
import { ExitButton } from './ExitButton'
import { HealthButton } from './HealthButton'
import { marked } from './marking'
import { isOpening } from './opening'
import { bookedWords, protectionWords, rulerSummary, stopHasMoved, trailingWords } from './position-words'

interface Props {
  readonly position: Position
  readonly tick: string | undefined
  readonly onOpen: (id: string) => void
}

/** Positions are opened in market time, so their age is by the feed's clock; the moment itself while that is not known. */
function Age({ since }: { readonly since: string | null }) {
  const now = useMarketTime()
  const zone = useZone()
  return <>{now === null ? dateTime(since, zone) : ago(since, now)}</>
}

function Protection({ position }: { readonly position: Position }) {
  const text = protectionWords(position)
  if (position.status === 'EXITING' || isOpening(position)) return <Badge tone="outline">{text}</Badge>
  return position.protected ? (
    <Badge>
      <Icon name="lock" size={12} /> {text}
    </Badge>
  ) : (
    <Badge tone="crit">
      <Icon name="unlock" size={12} /> {text}
    </Badge>
  )
}

/** One open position: what it earns, where it stands between stop and target, what happens next, and the way out. */
export function PositionCard({ position, tick, onOpen }: Props) {
  const quote = useQuote(position.symbol)
  const link = useLinkState()
  const old = link === 'stale' || link === 'offline'
  const live = marked(position, quote?.mark)
  const name = shortSymbol(position.symbol)
  const { entry_price: entry, initial_stop_price: initial, stop_price: stop } = position
  const notional = live.mark === null ? null : multiply(live.mark, position.quantity)
  return (
    <article
      aria-label={`${name} ${position.side}`}
      data-position={position.id}
      className="relative flex flex-col rounded-md border border-line bg-s1 p-3 focus-within:border-line-strong hover:border-line-strong"
    >
      <div className="flex flex-wrap items-center gap-2">
        <h2 className="text-sm font-semibold">
          <button
            type="button"
            onClick={() => onOpen(position.id)}
            className="min-h-6 rounded text-left after:absolute after:inset-0 after:content-[''] hover:underline"
          >
            {name}
            <span className="sr-only">, open details</span>
          </button>
        </h2>
        <SideBadge side={position.side} />
        <EnvironmentBadge environment={position.environment} />
        <span className="ml-auto">{position.awaits_yes_until === null && <Protection position={position} />}</span>
      </div>
      <p className={cx('mt-1 flex flex-wrap items-baseline gap-x-2', old && 'grayscale')}>
        <Pnl value={live.pnl} percent={live.percent} className="text-lg font-semibold" />
        <span className="num text-sm text-mid">{rMultiple(live.r)}</span>
        {bookedWords(position) !== null && <span className="num text-xs text-mid">{bookedWords(position)}</span>}
        {position.health && (
          <span className="ml-auto self-center">
            <HealthButton health={position.health} subject={name} />
          </span>
        )}
        {old && <span className="text-xs font-semibold text-warn">stale</span>}
      </p>
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
      <div className="grid grid-cols-1 items-start gap-x-4 @xs:grid-cols-2">
        <Facts
          facts={[
            ['Mark', price(live.mark, tick)],
            ['Entry', price(entry, tick)],
            ['Stop', price(stop, tick)],
            ['Target', price(position.take_profit_price, tick)],
          ]}
        />
        <Facts
          facts={[
            ['At risk', money(position.open_risk)],
            ['Quantity', plain(position.quantity)],
            ['Notional', money(notional)],
            ['Trailing', trailingWords(position, tick)],
          ]}
        />
      </div>
      <ConfirmEntry position={position} />
      {position.next_rule && (
        <p className="mt-2 text-xs text-mid">
          <span className="font-semibold text-fg">Next:</span> {position.next_rule}
        </p>
      )}
      <div className="mt-auto flex flex-col justify-between gap-2 pt-2 @sm:flex-row @sm:items-end @sm:gap-3">
        <span className="text-2xs text-mid">
          {position.wallet_name} · {words(position.strategy)} {position.timeframe}
          <br />
          {position.opened_at === null ? (
            'not opened yet'
          ) : (
            <>
              opened <Age since={position.opened_at} />
            </>
          )}
        </span>
        {position.awaits_yes_until === null && (
          <ExitButton position={position} pnl={live.pnl} className="relative z-1 shrink-0" />
        )}
      </div>
    </article>
  )
}
