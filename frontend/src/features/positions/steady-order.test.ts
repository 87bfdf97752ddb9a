import { renderHook } from '@testing-library/react'
import { describe, expect, it } from 'vitest'
import type { Position } from '@/lib/api/types'
import { POSITION } from '@/testing/examples'
import { useSteadyOrder } from './steady-order'

function held(id: string, pnl: string, more: Partial<Position> = {}): Position {
  return { ...POSITION, id, unrealized_pnl: pnl, ...more }
}

function shownAfter(first: Position[], then: Position[]): string[] {
  const { result, rerender } = renderHook(({ list }) => useSteadyOrder(list, 'pnl'), { initialProps: { list: first } })
  rerender({ list: then })
  return result.current.map((one) => one.id)
}

describe('the order of positions', () => {
  const first = [held('a', '1'), held('b', '2')]

  it('stays when a result overtakes another, and the rows show the new results', () => {
    const then = [held('a', '3'), held('b', '2')]
    expect(shownAfter(first, then)).toEqual(['a', 'b'])
  })

  it('is made anew when a position comes', () => {
    expect(shownAfter(first, [held('a', '3'), held('b', '2'), held('c', '0')])).toEqual(['c', 'b', 'a'])
  })

  it('is made anew when a position loses its stop', () => {
    expect(shownAfter(first, [held('a', '3', { protected: false }), held('b', '2')])).toEqual(['b', 'a'])
  })
})
