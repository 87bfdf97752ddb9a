import { QueryClientProvider } from '@tanstack/react-query'
import { act, render, screen } from '@testing-library/react'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { testClient } from '@/testing/render'
import { Later } from './Later'

let near: () => void = () => undefined
let idle: Array<() => void> = []

class Observer {
  constructor(seen: (entries: ReadonlyArray<{ isIntersecting: boolean }>) => void) {
    near = () => seen([{ isIntersecting: true }])
  }
  observe() {}
  disconnect() {}
}

beforeEach(() => {
  idle = []
  vi.stubGlobal('IntersectionObserver', Observer)
  vi.stubGlobal('requestIdleCallback', (then: () => void) => idle.push(then))
  vi.stubGlobal('cancelIdleCallback', () => undefined)
})
afterEach(() => vi.unstubAllGlobals())

/** A part far below the screen, on a page one of whose questions is not answered yet. */
function showFarPart() {
  const client = testClient()
  let answer: (value: string) => void = () => undefined
  const asked = client.fetchQuery({
    queryKey: ['above'],
    queryFn: () => new Promise<string>((done) => (answer = done)),
  })
  render(
    <QueryClientProvider client={client}>
      <Later until={<p>Its place</p>}>
        <p>Its content</p>
      </Later>
    </QueryClientProvider>,
  )
  const runIdle = () => act(() => idle.splice(0).forEach((then) => void then()))
  return {
    runIdle,
    answerAbove: async () => {
      answer('read')
      await asked
      await act(async () => undefined)
    },
  }
}

describe('a part that is drawn later', () => {
  it('keeps its place while what is on the screen is being read', () => {
    const { runIdle } = showFarPart()
    runIdle()
    expect(screen.getByText('Its place')).toBeInTheDocument()
    expect(screen.queryByText('Its content')).toBeNull()
  })

  it('comes once that has been read and the browser is idle, without a scroll', async () => {
    const { runIdle, answerAbove } = showFarPart()
    await answerAbove()
    runIdle()
    expect(screen.getByText('Its content')).toBeInTheDocument()
  })

  it('comes at once as it comes near the screen', () => {
    showFarPart()
    act(() => near())
    expect(screen.getByText('Its content')).toBeInTheDocument()
  })

  it('comes at once in a browser that cannot tell', () => {
    vi.unstubAllGlobals()
    showFarPart()
    expect(screen.getByText('Its content')).toBeInTheDocument()
  })
})
