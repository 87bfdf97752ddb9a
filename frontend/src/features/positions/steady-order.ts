import { useState } from 'react'
import type { Position } from '@/lib/api/types'
import { useMinute } from '@/lib/preferences/now'
import { ordered, type PositionOrder } from './marking'

/**
 * The positions in that order, which stays for a minute while the same ones are held under the same protection: of rows that
 * change places with every price, the wrong one is pressed.
 */
export function useSteadyOrder(positions: ReadonlyArray<Position>, by: PositionOrder): Position[] {
  const minute = useMinute()
  const held = positions.map((one) => `${one.id}${one.protected ? '' : '!'}`).sort()
  const key = `${minute} ${by} ${held.join()}`
  const [kept, setKept] = useState<{ readonly key: string; readonly ids: ReadonlyArray<string> }>({ key: '', ids: [] })
  if (kept.key === key) {
    const places = new Map(kept.ids.map((id, place) => [id, place]))
    return [...positions].sort((a, b) => (places.get(a.id) ?? 0) - (places.get(b.id) ?? 0))
  }
  const now = ordered(positions, by)
  setKept({ key, ids: now.map((one) => one.id) })
  return now
}
