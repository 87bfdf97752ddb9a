// The server asks who sits there before it raises risk. One dialog at a time answers every call that waits for it.
import { useSyncExternalStore } from 'react'

let waiting: { readonly promise: Promise<boolean>; readonly settle: (proved: boolean) => void } | null = null
const listeners = new Set<() => void>()

function tell(): void {
  for (const listener of listeners) listener()
}

/** Resolves true once somebody has proved who sits there, false when the dialog was closed or nobody shows one. */
export function askForProof(): Promise<boolean> {
  if (listeners.size === 0) return Promise.resolve(false)
  if (waiting === null) {
    let settle: (proved: boolean) => void = () => undefined
    const promise = new Promise<boolean>((resolve) => {
      settle = resolve
    })
    waiting = { promise, settle }
    tell()
  }
  return waiting.promise
}

export function answerProof(proved: boolean): void {
  const held = waiting
  waiting = null
  held?.settle(proved)
  tell()
}

/** Whether a proof is asked for; whoever uses this shows the dialog. */
export function useProofAsked(): boolean {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => waiting !== null,
  )
}
