// How well we hear the server: a small store the whole shell reads.
import { useSyncExternalStore } from 'react'

/** `connecting` only before the first snapshot of this visit. */
export type LinkState = 'connecting' | 'live' | 'stale' | 'offline'
export interface Link {
  readonly state: LinkState
  /** Date.now() since when the state is not live; null while live. */
  readonly since: number | null
  /** The feed's clock as last heard. */
  readonly marketTime: string | number | null
}

let link: Link = { state: 'connecting', since: null, marketTime: null }
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

export function setMarketTime(marketTime: string | number | null): void {
  if (marketTime !== null && marketTime !== link.marketTime) publish({ ...link, marketTime })
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

export function useLink(): Link {
  return useSyncExternalStore(subscribe, () => link)
}

export function useLinkState(): LinkState {
  return useSyncExternalStore(subscribe, () => link.state)
}
