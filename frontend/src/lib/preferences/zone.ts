// The zone times are shown in: the account's, or UTC where the reader asks for it.
import { useSyncExternalStore } from 'react'
import { readMark, writeMark } from './marks'

const listeners = new Set<() => void>()
let account = 'UTC'
let utc = readMark('show-utc') === 'yes'

function publish(): void {
  for (const listener of listeners) listener()
}

export function browserZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC'
}

export function setAccountZone(zone: string): void {
  if (zone === account) return
  account = zone
  publish()
}

export function showUtc(on: boolean): void {
  utc = on
  writeMark('show-utc', on ? 'yes' : 'no')
  publish()
}

export function useZone(): string {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => (utc ? 'UTC' : account),
  )
}
