import { type ReactNode, startTransition, useEffect, useState } from 'react'

/** Drawn once what stands above it is on the screen, in slices that leave room for a press; `until` keeps its place. */
export function Later({ until, children }: { readonly until: ReactNode; readonly children: ReactNode }) {
  const [drawn, setDrawn] = useState(false)
  useEffect(() => startTransition(() => setDrawn(true)), [])
  return drawn ? children : until
}
