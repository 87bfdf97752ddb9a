// Who is signed in. The access token lives in memory only; the refresh cookie is HttpOnly and never seen here.
import { useSyncExternalStore } from 'react'
import { readMark, writeMark } from '@/lib/preferences/marks'
import { forgetReads } from './begun'
import { problemFrom, unreachable } from './problem'
import type { Session } from './types'

/** `expired`: there was a session and the server no longer renews it; the page stays and asks for the password. */
export type SessionState = 'unknown' | 'signed-in' | 'signed-out' | 'expired'

export const API = '/api/v1'
const RENEW_BEFORE_MS = 10_000
const LOCK = 'stackalpha.refresh'
const MARK = 'signed-in'

let state: SessionState = 'unknown'
let token: string | null = null
let expiresAt = 0
let renewal: Promise<boolean> | null = null
const listeners = new Set<() => void>()

function change(next: SessionState): void {
  if (next === state) return
  state = next
  for (const listener of listeners) listener()
}

export function sessionState(): SessionState {
  return state
}

export function useSessionState(): SessionState {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => state,
  )
}

export function adopt(session: Session): void {
  token = session.access_token
  expiresAt = Date.now() + session.expires_in * 1000
  writeMark(MARK, 'yes')
  change('signed-in')
}

export function forget(next: 'signed-out' | 'expired'): void {
  token = null
  expiresAt = 0
  forgetReads()
  writeMark(MARK, 'no')
  change(next)
}

/** Whether somebody was signed in here when this browser last had the server's word. */
export function wasSignedIn(): boolean {
  return readMark(MARK) === 'yes'
}

export function accessToken(): string | null {
  return token
}

export function tokenIsOld(): boolean {
  return token === null || Date.now() > expiresAt - RENEW_BEFORE_MS
}

async function renewOnce(asked?: Promise<Response>): Promise<boolean> {
  let response: Response
  try {
    response = await (asked ?? fetch(`${API}/auth/refresh`, { method: 'POST', credentials: 'same-origin' }))
  } catch (cause) {
    throw unreachable(cause)
  }
  if (response.ok) {
    adopt((await response.json()) as Session)
    return true
  }
  if (response.status === 401) {
    forget(state === 'signed-in' || state === 'expired' ? 'expired' : 'signed-out')
    return false
  }
  throw await problemFrom(response)
}

/**
 * Renews the access token through the cookie: one renewal at a time in this tab and, where the browser has locks, in
 * all tabs, because the server treats a refresh token used twice as stolen.
 */
export function renew(): Promise<boolean> {
  if (renewal === null) {
    const locks = typeof navigator === 'undefined' ? undefined : navigator.locks
    const begun = window.stackalphaRenewal
    window.stackalphaRenewal = undefined
    const work = locks && !begun ? locks.request(LOCK, () => renewOnce()) : renewOnce(begun)
    renewal = Promise.resolve(work).finally(() => {
      renewal = null
    })
  }
  return renewal
}

/** For tests. */
export function resetSession(): void {
  token = null
  expiresAt = 0
  renewal = null
  change('unknown')
}
