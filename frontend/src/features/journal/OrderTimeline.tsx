import type { Execution, FillRow, OrderRow } from '@/lib/api/types'
import { basisPoints, exactMoney, plain, price } from '@/lib/format/numbers'
import { dateTime } from '@/lib/format/time'
import { words } from '@/lib/format/words'
import { useZone } from '@/lib/preferences/zone'
import { Badge } from '@/ui/Badge'
import { routeWords } from './quality-words'

const LEGS: Record<string, string> = {
  entry: 'Entry',
  add: 'Addition to the position',
  stop: 'Protective stop',
  exit: 'Exit',
}

interface Step {
  readonly at: string
  readonly text: string
  readonly bad?: boolean
  /** Told by the venue, whose clock is the market's. */
  readonly byVenue?: boolean
}

const APART_MS = 60_000

/** Whether the venue's clock is so far from ours that one list of both needs a word: a market that runs faster, a replay. */
export function clocksApart(order: OrderRow): boolean {
  if (order.sent_at === null || order.accepted_at === null) return false
  return Math.abs(new Date(order.accepted_at).getTime() - new Date(order.sent_at).getTime()) > APART_MS
}

/** What happened to an order, oldest first: decided, sent, accepted, each fill, each line of the log that adds to it. */
export function stepsOf(order: OrderRow, fills: ReadonlyArray<FillRow>, logs: ReadonlyArray<Execution>): Step[] {
  const steps: Step[] = [
    {
      at: order.created_at,
      text: `Decided: ${words(order.order_type).toLowerCase()} ${order.side} ${plain(order.quantity)}`,
    },
  ]
  const route = routeWords(order.route, order.route_reason)
  if (route !== null) steps.push({ at: order.sent_at ?? order.created_at, text: route, bad: order.route === 'refused' })
  if (order.sent_at !== null) steps.push({ at: order.sent_at, text: 'Sent to the venue' })
  if (order.accepted_at !== null) {
    const trigger = order.trigger_price === null ? '' : `, waits at ${price(order.trigger_price)}`
    steps.push({
      at: order.accepted_at,
      byVenue: true,
      text: `Accepted${order.exchange_order_id ? ` as ${order.exchange_order_id}` : ''}${trigger}`,
    })
  }
  for (const log of logs) {
    if (log.client_order_id !== order.client_order_id) continue
    const retried = log.retry_count > 0 ? `, after ${log.retry_count} retries` : ''
    if (log.error_message)
      steps.push({ at: log.timestamp, text: `${words(log.status)}: ${log.error_message}${retried}`, bad: true })
    else if (retried)
      steps.push({ at: log.timestamp, text: `${words(log.action)}: ${words(log.status).toLowerCase()}${retried}` })
  }
  for (const fill of fills) {
    if (fill.client_order_id !== order.client_order_id) continue
    const fee = `fee ${exactMoney(fill.fee)}`
    const text = `Filled ${plain(fill.quantity)} at ${price(fill.price)}, ${fee}`
    steps.push({ at: fill.executed_at, byVenue: true, text })
  }
  return steps
}

function Order({
  order,
  fills,
  logs,
}: {
  order: OrderRow
  fills: ReadonlyArray<FillRow>
  logs: ReadonlyArray<Execution>
}) {
  const zone = useZone()
  const apart = clocksApart(order)
  const own = logs.filter((log) => log.client_order_id === order.client_order_id && log.slippage_bps !== null)
  return (
    <li className="border-b border-line px-3 py-2 last:border-b-0">
      <p className="flex flex-wrap items-center gap-2">
        <b>{LEGS[order.leg] ?? words(order.leg)}</b>
        {order.attempt > 1 && (
          <span className="text-mid">
            {order.leg === 'add' ? 'number' : 'attempt'} {order.attempt}
          </span>
        )}
        <Badge tone={order.error_message ? 'crit' : 'plain'}>{words(order.status)}</Badge>
        {order.reduce_only && <Badge tone="outline">Reduce only</Badge>}
        {own[0] && <span className="num text-xs text-mid">slippage {basisPoints(own[0].slippage_bps)}</span>}
      </p>
      <ol className="mt-1 space-y-0.5">
        {stepsOf(order, fills, logs).map((step) => (
          <li key={`${step.at}${step.text}`} className="flex flex-wrap gap-x-3">
            <time dateTime={step.at} className="num shrink-0 text-mid">
              {dateTime(step.at, zone)}
            </time>
            {apart && (
              <span className="shrink-0 text-2xs leading-5 text-low">{step.byVenue ? 'market' : 'our clock'}</span>
            )}
            <span className={step.bad ? 'text-crit' : ''}>{step.text}</span>
          </li>
        ))}
        {order.error_message && <li className="text-crit">{order.error_message}</li>}
      </ol>
      <p className="mt-1 font-mono text-2xs break-all text-low">{order.client_order_id}</p>
    </li>
  )
}

interface Props {
  readonly orders: ReadonlyArray<OrderRow>
  readonly fills: ReadonlyArray<FillRow>
  readonly logs: ReadonlyArray<Execution>
  /** Only this order, where the drawer is of one execution. */
  readonly only?: string | null
}

export function OrderTimeline({ orders, fills, logs, only }: Props) {
  const shown = only ? orders.filter((order) => order.client_order_id === only) : orders
  const list = shown.length > 0 ? shown : orders
  if (list.length === 0) return <p className="p-3 text-mid">No order was sent for this trade.</p>
  return (
    <ul>
      {list.map((order) => (
        <Order key={order.client_order_id} order={order} fills={fills} logs={logs} />
      ))}
    </ul>
  )
}
