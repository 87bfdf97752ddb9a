// One WebSocket per tab: ticket, snapshot, deltas; a gap asks for a new snapshot, silence and loss are told apart.
import { type Frame, readFrame } from './frames'
import { receive, type Sequence, START, type Verdict } from './sequence'

export interface StreamHooks {
  readonly ticket: () => Promise<string>
  readonly apply: (frame: Frame) => void
  readonly link: (state: 'live' | 'stale' | 'offline') => void
}

const OPEN_WITHIN_MS = 10_000
const LOST_AFTER_MS = 15_000
const WATCH_EVERY_MS = 500
/** A look that comes this late was held up by the page's own work, and what the server said meanwhile is still unread. */
const LATE_MS = 4 * WATCH_EVERY_MS
const BACKOFF_MS = [500, 1000, 2000, 4000, 8000, 15_000]

/** Waiting time before attempt n (from 0), with up to a quarter taken off at random so that tabs do not march in step. */
export function backoff(attempt: number, random: number): number {
  const base = BACKOFF_MS[Math.min(attempt, BACKOFF_MS.length - 1)] ?? 15_000
  return Math.round(base * (1 - random / 4))
}

export class StreamConnection {
  #socket: WebSocket | null = null
  #sequence: Sequence = START
  #heardAt = 0
  #judgedAt = 0
  #staleAfterMs = 5000
  #attempt = 0
  #retry: ReturnType<typeof setTimeout> | undefined
  #watch: ReturnType<typeof setInterval> | undefined
  #stopped = true
  /** Grows with every (re)connection: an answer to an older one is ignored. */
  #generation = 0

  constructor(
    readonly hooks: StreamHooks,
    readonly open: (url: string) => WebSocket = (url) => new WebSocket(url),
  ) {}

  start(): void {
    if (!this.#stopped) return
    this.#stopped = false
    this.#judgedAt = performance.now()
    this.#watch = setInterval(() => this.#judge(), WATCH_EVERY_MS)
    window.addEventListener('online', this.#wake)
    window.addEventListener('pageshow', this.#wake)
    document.addEventListener('visibilitychange', this.#wake)
    void this.#connect()
  }

  stop(): void {
    this.#stopped = true
    this.#generation += 1
    clearInterval(this.#watch)
    clearTimeout(this.#retry)
    window.removeEventListener('online', this.#wake)
    window.removeEventListener('pageshow', this.#wake)
    document.removeEventListener('visibilitychange', this.#wake)
    this.#socket?.close()
    this.#socket = null
  }

  /** After sleep or an outage what we show may be old: ask anew, or connect at once. */
  readonly #wake = (): void => {
    if (this.#stopped || document.visibilityState === 'hidden') return
    if (this.#socket?.readyState === WebSocket.OPEN) this.#askSnapshot()
    else if (this.#socket === null) {
      clearTimeout(this.#retry)
      void this.#connect()
    }
  }

  #askSnapshot(): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send('{"type":"resnapshot"}')
  }

  async #connect(): Promise<void> {
    const generation = ++this.#generation
    let ticket: string
    try {
      ticket = await this.hooks.ticket()
    } catch {
      if (generation === this.#generation) this.#lost()
      return
    }
    if (this.#stopped || generation !== this.#generation) return
    const url = new URL('/api/v1/stream', window.location.href)
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:'
    url.searchParams.set('ticket', ticket)
    const socket = this.open(url.href)
    this.#socket = socket
    this.#sequence = START
    this.#heardAt = performance.now()
    socket.onmessage = (event: MessageEvent<unknown>) => {
      if (socket === this.#socket && typeof event.data === 'string') this.#hear(event.data)
    }
    socket.onclose = () => {
      if (socket === this.#socket) this.#lost()
    }
  }

  #hear(text: string): void {
    const frame = readFrame(text)
    if (frame === null) return
    this.#heardAt = performance.now()
    let verdict: Verdict
    ;[this.#sequence, verdict] = receive(this.#sequence, frame)
    if (verdict === 'resnapshot') this.#askSnapshot()
    if (verdict !== 'apply') return
    if (frame.type === 'snapshot') {
      this.#attempt = 0
      this.#staleAfterMs = frame.data.stale_after_ms
      this.hooks.link('live')
    }
    this.hooks.apply(frame)
  }

  #judge(): void {
    const now = performance.now()
    const late = now - this.#judgedAt > LATE_MS
    this.#judgedAt = now
    if (this.#socket === null || late) return
    const age = now - this.#heardAt
    const connecting = this.#sequence.seq === null
    if (age > (connecting ? OPEN_WITHIN_MS : LOST_AFTER_MS)) {
      this.#socket.close()
      this.#lost()
    } else if (!connecting) {
      this.hooks.link(age > this.#staleAfterMs ? 'stale' : 'live')
    }
  }

  #lost(): void {
    this.#socket = null
    this.#generation += 1
    if (this.#stopped) return
    this.hooks.link('offline')
    clearTimeout(this.#retry)
    this.#retry = setTimeout(() => void this.#connect(), backoff(this.#attempt, Math.random()))
    this.#attempt += 1
  }
}
