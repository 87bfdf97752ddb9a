import { useSyncExternalStore } from 'react'

// Canvases read CSS variables once: a chart is rebuilt whenever this key changes.
function subscribe(listener: () => void): () => void {
  const observer = new MutationObserver(listener)
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme', 'data-pnl'] })
  return () => observer.disconnect()
}

export function useThemeKey(): string {
  return useSyncExternalStore(
    subscribe,
    () => `${document.documentElement.dataset.theme}|${document.documentElement.dataset.pnl}`,
  )
}

export function cssVariable(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim()
}
