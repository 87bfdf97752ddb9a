import { type QueryClient, useQueryClient } from '@tanstack/react-query'
import { type ReactNode, startTransition, useEffect, useRef, useState } from 'react'

/** How far below the screen counts as near, of its height. */
const NEAR = '10%'

/** Calls back once every question of the page is answered and the browser has nothing else to do. */
function onceQuiet(client: QueryClient, then: () => void): () => void {
  let idle: number | null = null
  const look = () => {
    if (idle !== null || client.isFetching() > 0) return
    idle = requestIdleCallback(() => {
      idle = null
      if (client.isFetching() === 0) then()
    })
  }
  const unsubscribe = client.getQueryCache().subscribe(look)
  look()
  return () => {
    unsubscribe()
    if (idle !== null) cancelIdleCallback(idle)
  }
}

/**
 * Drawn after what stands above it, in slices that leave room for a press: at once where it is near the screen, and
 * otherwise when what is on the screen has been read. `until` keeps its place.
 */
export function Later({ until, children }: { readonly until: ReactNode; readonly children: ReactNode }) {
  const [drawn, setDrawn] = useState(false)
  const place = useRef<HTMLDivElement>(null)
  const client = useQueryClient()
  useEffect(() => {
    if (drawn) return
    const draw = () => startTransition(() => setDrawn(true))
    if (place.current === null || !('IntersectionObserver' in window && 'requestIdleCallback' in window)) return draw()
    const observer = new IntersectionObserver((seen) => seen.some((one) => one.isIntersecting) && draw(), {
      rootMargin: `0px 0px ${NEAR} 0px`,
    })
    observer.observe(place.current)
    const stop = onceQuiet(client, draw)
    return () => {
      observer.disconnect()
      stop()
    }
  }, [client, drawn])
  return drawn ? children : <div ref={place}>{until}</div>
}
