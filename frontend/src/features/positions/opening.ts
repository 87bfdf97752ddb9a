// Apart from the words of a card: the addresses of the pages know the orders of positions, and nothing else of them.
import type { Position } from '@/lib/api/types'
import { compare } from '@/lib/format/decimal'

/** Nothing of it is held yet: its entry has not been filled. */
export function isOpening({ status, quantity }: Pick<Position, 'status' | 'quantity'>): boolean {
  return (status === 'INTENT' || status === 'ENTERING') && compare(quantity, '0') === 0
}

/** Something is held that no stop guards, and that is not being left. */
export function isBare(position: Position): boolean {
  const { status, awaits_yes_until: asked } = position
  return !position.protected && status !== 'EXITING' && asked === null && !isOpening(position)
}
