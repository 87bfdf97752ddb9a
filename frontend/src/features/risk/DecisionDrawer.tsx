import { useQuery } from '@tanstack/react-query'
import { decisionQuery } from '@/lib/api/queries'
import type { DecisionDetail } from '@/lib/api/types'
import { multiply } from '@/lib/format/decimal'
import { figure, money, plain } from '@/lib/format/numbers'
import { dateTime } from '@/lib/format/time'
import { limitName, plural, shortSymbol, words } from '@/lib/format/words'
import { useZone } from '@/lib/preferences/zone'
import { Badge, SideBadge } from '@/ui/Badge'
import { Facts } from '@/ui/Facts'
import { Drawer } from '@/ui/Modal'
import { Panel } from '@/ui/Panel'
import { Surface } from '@/ui/Surface'

const PARTS = [
  ['order', 'The order'],
  ['terms', 'How it was sized'],
  ['market', 'The market'],
  ['wallet', 'The wallet'],
  ['user', 'All wallets'],
  ['strategy', 'The strategy'],
  ['symbol', 'The symbol'],
  ['limits', 'The limits, by level'],
] as const

type Json = unknown

function isObject(value: Json): value is Record<string, Json> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const DECIMAL = /^-?\d+(\.\d+)?(E[+-]?\d+)?$/

/** Amounts are decimals in quotes, with the digits they were stored with; shares of one read as percents, milliseconds as moments. */
function shown(name: string, held: Json, zone: string): string {
  if (name.endsWith('_ms') && typeof held === 'number') return dateTime(held, zone)
  if (typeof held === 'boolean') return held ? 'yes' : 'no'
  if (typeof held !== 'string' || !DECIMAL.test(held)) return String(held)
  return name.endsWith('_fraction') ? `${plain(multiply(held, '100'))}%` : plain(held)
}

/** The known facts of a part, nested names joined: [["Day: start equity", "10000"], …]. */
export function factsOf(value: Json, zone: string, prefix = ''): Array<readonly [string, string]> {
  if (!isObject(value)) return []
  return Object.entries(value).flatMap(([name, held]) => {
    const own = words(name.replace(/_(ms|fraction)$/, ''))
    const label = prefix ? `${prefix}: ${own.toLowerCase()}` : own
    if (isObject(held)) return factsOf(held, zone, label)
    if (held === null || held === undefined) return []
    return [[label, Array.isArray(held) ? plural(held.length, 'entry', 'entries') : shown(name, held, zone)] as const]
  })
}

function Rerun({ detail }: { readonly detail: DecisionDetail }) {
  const { rerun } = detail
  if (rerun === null) return <p className="p-3 text-mid">This decision was made before receipts were kept.</p>
  return (
    <p className="p-3">
      {rerun.same_answer ? <Badge>✓ Same answer</Badge> : <Badge tone="crit">✕ Another answer</Badge>}{' '}
      {rerun.identical
        ? 'Decided again from its receipt, to the same bytes.'
        : `Decided again under rule version ${rerun.rule_version}; stored under ${rerun.stored_rule_version}.`}
    </p>
  )
}

function Body({ detail }: { readonly detail: DecisionDetail }) {
  const zone = useZone()
  const { decision, receipt } = detail
  const held = receipt?.case
  return (
    <div className="space-y-3">
      <Panel title="Answer">
        <Facts
          className="p-3"
          facts={[
            ['Answer', decision.approved ? 'Approved' : 'Refused'],
            ['Decided', dateTime(decision.created_at, zone)],
            ['Market time', dateTime(decision.market_time, zone)],
            ['Strategy', `${words(decision.strategy)} ${decision.timeframe}`],
            ['Confidence', figure(decision.confidence, 2)],
            ['Size', decision.quantity === null ? '–' : `${plain(decision.quantity)} for ${money(decision.notional)}`],
            ['Sized by', decision.binding_cap ? limitName(decision.binding_cap) : 'its own method'],
          ]}
        />
        {decision.breaches.length > 0 && (
          <ul className="space-y-1 px-3 pb-3">
            {decision.breaches.map((breach) => (
              <li key={`${breach.code}${breach.message}`}>
                <Badge tone="outline">{limitName(breach.code)}</Badge> {breach.message}
              </li>
            ))}
          </ul>
        )}
      </Panel>
      <Panel title="Decided again">
        <Rerun detail={detail} />
      </Panel>
      {isObject(held) &&
        PARTS.map(([name, title]) => {
          const facts = factsOf(held[name], zone)
          return facts.length === 0 ? null : (
            <Panel key={name} title={title}>
              <Facts className="p-3" facts={facts} />
            </Panel>
          )
        })}
    </div>
  )
}

/** Everything a decision was made of, and what the rules of today make of it. */
export function DecisionDrawer({ id, onClose }: { readonly id: string; readonly onClose: () => void }) {
  const detail = useQuery(decisionQuery(id))
  const decision = detail.data?.decision
  return (
    <Drawer
      open
      onClose={onClose}
      title={
        decision === undefined ? (
          'Decision'
        ) : (
          <>
            {shortSymbol(decision.symbol)} <SideBadge side={decision.side} />
          </>
        )
      }
    >
      <Surface query={detail} what="The decision">
        {(held) => <Body detail={held} />}
      </Surface>
    </Drawer>
  )
}
