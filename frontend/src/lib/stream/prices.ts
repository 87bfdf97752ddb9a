// Prices bypass React state: one store, one subscription per symbol, flushed once per animation frame.
import { useSyncExternalStore } from 'react'
import type { Quotes, Quote as WireQuote } from './frames'

export interface Quote extends WireQuote {
  /** performance.now() at arrival. */
  readonly receivedAt: number
}

type Listener = () => void
const quotes = new Map<string, Quote>()
const subscribers = new Map<string, Set<Listener>>()
const dirty = new Set<string>()
let scheduled = false

function flush(): void {
  scheduled = false
  const changed = [...dirty]
  dirty.clear()
  for (const symbol of changed) for (const listener of subscribers.get(symbol) ?? []) listener()
}

export function acceptPrices(prices: Quotes): void {
  const receivedAt = performance.now()
  for (const [symbol, quote] of Object.entries(prices)) {
    quotes.set(symbol, { ...quote, receivedAt })
    dirty.add(symbol)
  }
  if (dirty.size > 0 && !scheduled) {
    scheduled = true
    requestAnimationFrame(flush)
  }
}

export function quoteOf(symbol: string): Quote | undefined {
  return quotes.get(symbol)
}

export function onQuote(symbol: string, listener: Listener): () => void {
  let set = subscribers.get(symbol)
  if (set === undefined) {
    set = new Set()
    subscribers.set(symbol, set)
  }
  set.add(listener)
  return () => {
    set.delete(listener)
    if (set.size === 0 && subscribers.get(symbol) === set) subscribers.delete(symbol)
  }
}

export function useQuote(symbol: string): Quote | undefined {
  return useSyncExternalStore(
    (listener) => onQuote(symbol, listener),
    () => quotes.get(symbol),
  )
}
