import { useRouter } from '@tanstack/react-router'
import { useEffect } from 'react'

const AFTER_MS = 8000

/** The dialogs that stop, resume and let in: what must open on the worst day, and first. */
const DIALOGS = [
  () => import('@/features/circuit-breaker/KillSwitchDialog'),
  () => import('@/features/circuit-breaker/ResumeDialog'),
  () => import('@/features/auth/ReauthDialog'),
  () => import('@/features/auth/StepUpDialog'),
]

function idle(): Promise<void> {
  return new Promise((go) => {
    if ('requestIdleCallback' in window) requestIdleCallback(() => go())
    else setTimeout(go, 200)
  })
}

/**
 * Has the code of the safety dialogs and of the other pages come while nothing else is asked for: where the network
 * goes, or the server is updated and the old files are gone, an open page can still be walked and closed from.
 */
export function useAhead(enabled: boolean): void {
  const router = useRouter()
  useEffect(() => {
    if (!enabled) return
    let stopped = false
    const fetchAll = async () => {
      const pages = Object.values(router.routesById).map((route) => async () => router.loadRouteChunk(route))
      for (const load of [...DIALOGS, ...pages]) {
        await idle()
        if (stopped) return
        await load().catch(() => undefined)
      }
    }
    const timer = setTimeout(() => void fetchAll(), AFTER_MS)
    return () => {
      stopped = true
      clearTimeout(timer)
    }
  }, [enabled, router])
}
