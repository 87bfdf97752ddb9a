import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { memo } from 'react'
import { positionsQuery } from '@/lib/api/queries'
import type { Position } from '@/lib/api/types'
import { rMultiple } from '@/lib/format/numbers'
import { plural, shortSymbol } from '@/lib/format/words'
import { useQuote } from '@/lib/stream/prices'
import { Badge, EnvironmentBadge, SideBadge } from '@/ui/Badge'
import { buttonClass } from '@/ui/Button'
import { Icon } from '@/ui/icons'
import { Panel } from '@/ui/Panel'
import { Pnl } from '@/ui/Pnl'
import { Skeleton } from '@/ui/Skeleton'
import { Surface } from '@/ui/Surface'
import { healthWords } from './health-words'
import { marked } from './marking'
import { isBare, isOpening } from './opening'
import { protectionWords } from './position-words'
import { useSteadyOrder } from './steady-order'
import { WhyNothing } from './WhyNothing'

const SHOWN = 6
const NONE: ReadonlyArray<Position> = []

/** Drawn anew when its own position or price moves, not with every other's. */
const Line = memo(function Line({ position }: { readonly position: Position }) {
  const quote = useQuote(position.symbol)
  const live = marked(position, quote?.mark)
  return (
    <li className="relative grid grid-cols-[minmax(0,1fr)_auto] items-center gap-x-3 gap-y-0.5 px-3 py-1.5 hover:bg-s2">
      <span className="flex min-w-0 flex-wrap items-center gap-2">
        <Link
          to="/positions/live"
          search={{ trade: position.id }}
          className="inline-flex min-h-6 items-center font-semibold after:absolute after:inset-0 after:content-[''] hover:underline pointer-coarse:min-h-11"
        >
          {shortSymbol(position.symbol)}
        </Link>
        <SideBadge side={position.side} />
        <EnvironmentBadge environment={position.environment} />
      </span>
      <span className="num text-right">
        <Pnl value={live.pnl} /> <span className="text-mid">{rMultiple(live.r)}</span>
      </span>
      <span className="text-2xs text-mid">
        {position.wallet_name}
        {position.health && ` · ${healthWords(position.health)}`}
      </span>
      <span className="text-right text-2xs">
        {position.protected || position.awaits_yes_until !== null || isOpening(position) ? (
          <span className="text-mid">
            {position.awaits_yes_until === null ? protectionWords(position) : 'Waits for your yes'}
          </span>
        ) : (
          <Badge tone={position.status === 'EXITING' ? 'outline' : 'crit'}>{protectionWords(position)}</Badge>
        )}
      </span>
    </li>
  )
})

/** Whether every position has its stop on the venue, in a sentence. */
function Protection({ positions }: { readonly positions: ReadonlyArray<Position> }) {
  const open = positions.filter((one) => one.awaits_yes_until === null && !isOpening(one))
  const bare = open.filter(isBare).length
  if (open.length === 0) return <span className="text-mid">Nothing is held yet.</span>
  return bare > 0 ? (
    <Badge tone="crit">
      <Icon name="unlock" size={12} /> {bare} of {plural(open.length, 'position')} without a stop on the venue
    </Badge>
  ) : (
    <Badge>
      <Icon name="lock" size={12} /> {open.length === 1 ? 'Its stop is' : `All ${open.length} stops`} on the venue
    </Badge>
  )
}

/** The positions that need a look first, and why there is none where there is none. */
export function PositionsBrief() {
  const positions = useQuery(positionsQuery)
  const held = positions.data ?? NONE
  const shown = useSteadyOrder(held, 'health').slice(0, SHOWN)
  return (
    <Panel
      title="Open positions, worst health first"
      aside={
        <Link to="/positions/live" className={buttonClass('quiet')}>
          {held.length > SHOWN ? `All ${held.length}` : 'Details'}
        </Link>
      }
    >
      <Surface query={positions} what="Positions" loading={<Skeleton label="Loading positions" rows={6} />}>
        {(all) =>
          all.length === 0 ? (
            <WhyNothing />
          ) : (
            <>
              <p className="border-b border-line px-3 py-1.5">
                <Protection positions={all} />
              </p>
              <ul className="divide-y divide-line">
                {shown.map((position) => (
                  <Line key={position.id} position={position} />
                ))}
              </ul>
            </>
          )
        }
      </Surface>
    </Panel>
  )
}
