// How well we hear the server: a small store the whole shell reads.
import { useState, useSyncExternalStore } from 'react'

/** `connecting` only before the first snapshot of this visit. */
export type LinkState = 'connecting' | 'live' | 'stale' | 'offline'
export interface Link {
  readonly state: LinkState
  /** Date.now() since when the state is not live; null while live. */
  readonly since: number | null
  /** Whether the server answers at all: what is pressed goes another way than the stream. */
  readonly reached: boolean
  /** The feed's clock as last heard. */
  readonly marketTime: string | number | null
}

let link: Link = { state: 'connecting', since: null, reached: true, marketTime: null }
/** The feed's clock as an answer told it, for as long as the stream has not. */
let toldMarketTime: string | null = null
const listeners = new Set<() => void>()

function publish(next: Link): void {
  link = next
  for (const listener of listeners) listener()
}

export function currentLink(): Link {
  return link
}

export function setLinkState(state: LinkState): void {
  if (state === link.state) return
  const healthy = state === 'live' || state === 'connecting'
  publish({ ...link, state, since: healthy ? null : (link.since ?? Date.now()) })
}

export function setReached(reached: boolean): void {
  if (reached !== link.reached) publish({ ...link, reached })
}

export function setMarketTime(marketTime: string | number | null): void {
  if (marketTime !== null && marketTime !== link.marketTime) publish({ ...link, marketTime })
}

/** What an answer says of the feed's clock: good for a question about "the last day", until the stream keeps the time. */
export function hintMarketTime(marketTime: string | null): void {
  if (marketTime === null || toldMarketTime !== null || link.marketTime !== null) return
  toldMarketTime = marketTime
  publish(link)
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

export function useLinkState(): LinkState {
  return useSyncExternalStore(subscribe, () => link.state)
}

/** Date.now() since when the state is not live; null while live. */
export function useLinkSince(): number | null {
  return useSyncExternalStore(subscribe, () => link.since)
}

/** Whether what is pressed here gets to the server, as far as the browser and the last attempt know. */
export function useReached(): boolean {
  return useSyncExternalStore(subscribeNetwork, () => link.reached && navigator.onLine)
}

function subscribeNetwork(listener: () => void): () => void {
  const leave = subscribe(listener)
  window.addEventListener('online', listener)
  window.addEventListener('offline', listener)
  return () => {
    leave()
    window.removeEventListener('online', listener)
    window.removeEventListener('offline', listener)
  }
}

/** The feed's clock in milliseconds as last heard; null before the first word. Market time runs at its own speed: what it dates is old or new by this clock alone. */
export function useMarketTime(): number | null {
  return useSyncExternalStore(subscribe, marketTimeNow)
}

/** The same, read once. */
export function marketTimeNow(): number | null {
  return millisecondsOf(link.marketTime)
}

function millisecondsOf(at: string | number | null): number | null {
  const milliseconds = at === null ? Number.NaN : new Date(at).getTime()
  return Number.isNaN(milliseconds) ? null : milliseconds
}

const MINUTE = 60_000

/**
 * The market's clock, read anew once in a minute of the reader's: a question about "the last day" stays the same
 * question for that long, however fast the market runs. Null before the first word.
 */
export function useMarketMinute(): number | null {
  const [read] = useState(minuteReader)
  return useSyncExternalStore(subscribe, read)
}

/** Gives the same answer for as long as the reader's minute lasts, so that nobody is drawn anew by each heartbeat. */
function minuteReader(): () => number | null {
  let kept: { readonly minute: number; readonly at: number } | null = null
  return () => {
    const minute = Math.floor(Date.now() / MINUTE)
    const at = kept?.minute === minute ? null : (marketTimeNow() ?? millisecondsOf(toldMarketTime))
    if (at !== null) kept = { minute, at }
    return kept?.at ?? null
  }
}
