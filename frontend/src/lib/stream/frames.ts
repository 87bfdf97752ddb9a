// What the server says on the stream, read with care: a frame we do not understand is null, never a crash.
import type { BreakerStatus, Decision, Execution, Notification, Position, Trade, Unread, Wallet } from '@/lib/api/types'

export interface Quote {
  readonly mark: string
  readonly last: string | null
  /** The feed's clock, ISO or milliseconds as sent. */
  readonly market_time: string | number | null
}
export type Quotes = Readonly<Record<string, Quote>>

export interface SnapshotData {
  readonly positions: ReadonlyArray<Position>
  readonly breaker: BreakerStatus | null
  readonly wallets: ReadonlyArray<Wallet>
  readonly alerts: Unread | null
  readonly prices: Quotes
  readonly stale_after_ms: number
  readonly market_time: string | number | null
}
export interface ClosedPosition {
  readonly id: string
  readonly closed: true
}
export interface TopicData {
  readonly prices: Quotes
  readonly position: Position | ClosedPosition
  readonly wallet: Wallet
  readonly breaker: BreakerStatus
  readonly execution: Execution
  readonly decision: Decision
  readonly trade: Trade
  readonly notification: Notification
  readonly alerts: Unread
}
export type Topic = keyof TopicData
export type Delta = { [T in Topic]: { type: 'delta'; seq: number; topic: T; data: TopicData[T] } }[Topic]
export type Frame =
  | { type: 'snapshot'; seq: number; data: SnapshotData }
  | Delta
  | { type: 'heartbeat'; seq: number; server_time: string; market_time: string | number | null }

const TOPICS = new Set<string>([
  'prices',
  'position',
  'wallet',
  'breaker',
  'execution',
  'decision',
  'trade',
  'notification',
  'alerts',
])

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function snapshotOf(data: Record<string, unknown>): SnapshotData {
  const list = (value: unknown) => (Array.isArray(value) ? value : [])
  return {
    positions: list(data.positions) as Position[],
    breaker: isRecord(data.breaker) ? (data.breaker as unknown as BreakerStatus) : null,
    wallets: list(data.wallets) as Wallet[],
    alerts: isRecord(data.alerts) ? (data.alerts as unknown as Unread) : null,
    prices: isRecord(data.prices) ? (data.prices as Quotes) : {},
    stale_after_ms: typeof data.stale_after_ms === 'number' ? data.stale_after_ms : 5000,
    market_time: (data.market_time ?? null) as string | number | null,
  }
}

/** The frame in the text, or null when it is none of ours. An unknown topic counts as an empty one: its number still belongs to the sequence. */
export function readFrame(text: string): Frame | null {
  let raw: unknown
  try {
    raw = JSON.parse(text)
  } catch {
    return null
  }
  if (!isRecord(raw) || typeof raw.seq !== 'number') return null
  const seq = raw.seq
  if (raw.type === 'heartbeat') {
    const market = (raw.market_time ?? null) as string | number | null
    return { type: 'heartbeat', seq, server_time: String(raw.server_time ?? ''), market_time: market }
  }
  if (!isRecord(raw.data)) return null
  if (raw.type === 'snapshot') return { type: 'snapshot', seq, data: snapshotOf(raw.data) }
  if (raw.type !== 'delta' || typeof raw.topic !== 'string') return null
  return {
    type: 'delta',
    seq,
    topic: TOPICS.has(raw.topic) ? raw.topic : 'prices',
    data: TOPICS.has(raw.topic) ? raw.data : {},
  } as Delta
}
