// What a screen reader is told while it works: fills and closed trades, never ticks.
import { useSyncExternalStore } from 'react'
import { plain, price, signedMoney } from '@/lib/format/numbers'
import { exitReason, shortSymbol, words } from '@/lib/format/words'
import type { Frame } from '@/lib/stream/frames'

const LOUD = new Set<string>(['error', 'critical'])
let last = ''
const listeners = new Set<() => void>()

/** The sentence for a frame; null where there is nothing to tell. */
export function announcementOf(frame: Frame): string | null {
  if (frame.type !== 'delta') return null
  if (frame.topic === 'execution' && frame.data.status === 'filled') {
    const { action, symbol, filled_size, executed_price } = frame.data
    return `${words(action)} ${shortSymbol(symbol)} filled: ${plain(filled_size)} at ${price(executed_price)}.`
  }
  if (frame.topic === 'notification' && frame.data.read_at === null && LOUD.has(frame.data.level)) {
    return `${frame.data.title}. ${frame.data.sentence}`
  }
  if (frame.topic === 'trade' && frame.data.status === 'CLOSED') {
    const { symbol, exit_reason, net_pnl } = frame.data
    return `${shortSymbol(symbol)} closed: ${exitReason(exit_reason)}, net ${signedMoney(net_pnl)}.`
  }
  return null
}

export function announce(frame: Frame): void {
  const sentence = announcementOf(frame)
  if (sentence === null || sentence === last) return
  last = sentence
  for (const listener of listeners) listener()
}

export function useAnnouncement(): string {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => last,
  )
}
