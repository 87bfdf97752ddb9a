import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { backoff, StreamConnection } from './connection'

class Socket {
  static all: Socket[] = []
  readyState = 1
  sent: string[] = []
  onmessage: ((event: { data: string }) => void) | null = null
  onclose: (() => void) | null = null
  constructor(readonly url: string) {
    Socket.all.push(this)
  }
  send(text: string) {
    this.sent.push(text)
  }
  close() {
    this.readyState = 3
  }
  hear(frame: object) {
    this.onmessage?.({ data: JSON.stringify(frame) })
  }
}

const snapshot = (seq = 0) => ({ type: 'snapshot', seq, data: { stale_after_ms: 2000 } })
const links: string[] = []
const frames: string[] = []
let stream: StreamConnection

async function opened(): Promise<Socket> {
  await vi.advanceTimersByTimeAsync(0)
  const socket = Socket.all.at(-1)
  if (socket === undefined) throw new Error('no socket was opened')
  return socket
}

beforeEach(() => {
  vi.useFakeTimers()
  Socket.all = []
  links.length = 0
  frames.length = 0
  stream = new StreamConnection(
    {
      ticket: async () => 'a ticket',
      apply: (frame) => frames.push(`${frame.type} ${frame.seq}`),
      link: (state) => links.at(-1) !== state && links.push(state),
    },
    (url) => new Socket(url) as unknown as WebSocket,
  )
  stream.start()
})
afterEach(() => {
  stream.stop()
  vi.useRealTimers()
})

describe('the stream', () => {
  it('opens with a ticket and is live at the snapshot', async () => {
    const socket = await opened()
    expect(socket.url).toBe('ws://127.0.0.1:3000/api/v1/stream?ticket=a+ticket')
    expect(links).toEqual([])
    socket.hear(snapshot())
    expect(links).toEqual(['live'])
  })

  it('asks for a snapshot at a gap and applies nothing until it comes', async () => {
    const socket = await opened()
    socket.hear(snapshot())
    socket.hear({ type: 'delta', seq: 2, topic: 'prices', data: {} })
    socket.hear({ type: 'delta', seq: 3, topic: 'prices', data: {} })
    expect(socket.sent).toEqual(['{"type":"resnapshot"}'])
    socket.hear(snapshot(3))
    socket.hear({ type: 'delta', seq: 4, topic: 'prices', data: {} })
    expect(frames).toEqual(['snapshot 0', 'snapshot 3', 'delta 4'])
  })

  it('does not take its own delay for the silence of the server', async () => {
    const socket = await opened()
    socket.hear(snapshot())
    const now = performance.now.bind(performance)
    const held = vi.spyOn(performance, 'now').mockImplementation(() => now() + 9000)
    await vi.advanceTimersByTimeAsync(600)
    expect(links.at(-1)).toBe('live')
    await vi.advanceTimersByTimeAsync(500)
    expect(links.at(-1)).toBe('stale')
    held.mockRestore()
  })

  it('is stale after the silence the server named, and live at the next word', async () => {
    const socket = await opened()
    socket.hear(snapshot())
    await vi.advanceTimersByTimeAsync(2600)
    expect(links.at(-1)).toBe('stale')
    socket.hear({ type: 'heartbeat', seq: 0, server_time: '', market_time: null })
    await vi.advanceTimersByTimeAsync(600)
    expect(links.at(-1)).toBe('live')
  })

  it('gives up on a silent socket and connects anew', async () => {
    const socket = await opened()
    socket.hear(snapshot())
    await vi.advanceTimersByTimeAsync(15_600)
    expect(links.at(-1)).toBe('offline')
    await vi.advanceTimersByTimeAsync(600)
    expect(Socket.all).toHaveLength(2)
  })

  it('takes nothing from a socket it has left', async () => {
    const first = await opened()
    first.hear(snapshot())
    first.onclose?.()
    await vi.advanceTimersByTimeAsync(600)
    first.hear(snapshot(9))
    expect(frames).toEqual(['snapshot 0'])
  })

  it('waits longer after each failure, at most fifteen seconds', () => {
    expect([0, 1, 4, 50].map((attempt) => backoff(attempt, 0))).toEqual([500, 1000, 8000, 15_000])
    expect(backoff(0, 1)).toBe(375)
  })
})
