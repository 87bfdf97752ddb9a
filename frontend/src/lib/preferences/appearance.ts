// Theme, P&L colours and density: attributes of <html>, remembered in this browser (see public/start.js).
import { useSyncExternalStore } from 'react'

export type Theme = 'system' | 'dark' | 'light'
export type PnlColours = 'blue-orange' | 'green-red' | 'red-green'
export type Density = 'compact' | 'comfortable'
export interface Appearance {
  readonly theme: Theme
  readonly pnl: PnlColours
  readonly density: Density
}

const KEY = 'stackalpha.appearance'
const DEFAULTS: Appearance = { theme: 'system', pnl: 'blue-orange', density: 'compact' }
const listeners = new Set<() => void>()
let current: Appearance = read()

function read(): Appearance {
  try {
    return { ...DEFAULTS, ...(JSON.parse(localStorage.getItem(KEY) ?? '{}') as Partial<Appearance>) }
  } catch {
    return DEFAULTS
  }
}

function systemTheme(): 'dark' | 'light' {
  return window.matchMedia?.('(prefers-color-scheme: light)').matches ? 'light' : 'dark'
}

function show(): void {
  const root = document.documentElement
  root.dataset.theme = current.theme === 'system' ? systemTheme() : current.theme
  root.dataset.pnl = current.pnl
  root.dataset.density = current.density
}

export function setAppearance(change: Partial<Appearance>): void {
  current = { ...current, ...change }
  try {
    localStorage.setItem(KEY, JSON.stringify(current))
  } catch {
    // Private windows may refuse; the choice then lasts for this page.
  }
  show()
  for (const listener of listeners) listener()
}

export function followSystemTheme(): void {
  window.matchMedia?.('(prefers-color-scheme: light)').addEventListener('change', show)
}

export function useAppearance(): Appearance {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => current,
  )
}
