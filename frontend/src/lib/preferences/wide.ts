// Whether there is room for the desk's navigation: the other one is not drawn at all.
import { useSyncExternalStore } from 'react'

/** Tailwind's `lg`. */
const wide = window.matchMedia('(min-width: 64rem)')

function subscribe(listener: () => void): () => void {
  wide.addEventListener('change', listener)
  return () => wide.removeEventListener('change', listener)
}

export function useWide(): boolean {
  return useSyncExternalStore(subscribe, () => wide.matches)
}
