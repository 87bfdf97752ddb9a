import { act, render, screen } from '@testing-library/react'
import { expect, it } from 'vitest'
import { hintMarketTime, marketTimeNow, setMarketTime, useMarketMinute } from './link'

function Asked() {
  const at = useMarketMinute()
  return <p>{at === null ? 'not known' : new Date(at).toISOString()}</p>
}

it('asks about the last day as soon as any answer tells the market’s clock, and dates nothing by that', () => {
  render(<Asked />)
  expect(screen.getByText('not known')).toBeInTheDocument()
  act(() => hintMarketTime('2025-10-10T10:00:00Z'))
  expect(screen.getByText('2025-10-10T10:00:00.000Z')).toBeInTheDocument()
  expect(marketTimeNow()).toBeNull()
  act(() => setMarketTime('2025-10-10T10:00:30Z'))
  expect(marketTimeNow()).toBe(Date.parse('2025-10-10T10:00:30Z'))
})
