import { act, screen } from '@testing-library/react'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { setLinkState, setReached } from '@/lib/stream/link'
import { show } from '@/testing/render'
import { LinkBanner } from './LinkStatus'

afterEach(() => {
  vi.restoreAllMocks()
  setReached(true)
  setLinkState('connecting')
})

describe('the banner of the connection', () => {
  it('promises that exits work while only the stream is lost, and not where the server is not reached', () => {
    act(() => setLinkState('offline'))
    show(<LinkBanner />)
    expect(screen.getByRole('alert')).toHaveTextContent('Pause and Exit still work')
    act(() => setReached(false))
    expect(screen.getByRole('alert')).toHaveTextContent('nothing pressed here is sent, now or later')
    expect(screen.getByRole('alert')).not.toHaveTextContent('still work')
  })

  it('comes as soon as the browser knows that it has no network', () => {
    act(() => setLinkState('live'))
    show(<LinkBanner />)
    expect(screen.queryByRole('alert')).toBeNull()
    vi.spyOn(navigator, 'onLine', 'get').mockReturnValue(false)
    act(() => void window.dispatchEvent(new Event('offline')))
    expect(screen.getByRole('alert')).toHaveTextContent('No connection to the server')
  })
})
