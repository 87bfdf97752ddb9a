import { useSyncExternalStore } from 'react'

// One ticking clock for every age on the page, so that ages change together and only one timer runs.
const listeners = new Set<() => void>()
let now = Date.now()
let timer: ReturnType<typeof setInterval> | undefined

// The same function for every render: a new one would leave and join again each time, and joining moves the clock.
function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  if (timer === undefined) {
    now = Date.now()
    timer = setInterval(() => {
      now = Date.now()
      for (const one of listeners) one()
    }, 1000)
  }
  return () => {
    listeners.delete(listener)
    if (listeners.size === 0) {
      clearInterval(timer)
      timer = undefined
    }
  }
}

const snapshot = () => now

const MINUTE = 60_000

/** The number of the minute, for what should not change more often. */
export function useMinute(): number {
  return useSyncExternalStore(subscribe, minute)
}

const minute = () => Math.floor(now / MINUTE)

/** Date.now(), renewed every second while anybody looks. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, snapshot)
}
