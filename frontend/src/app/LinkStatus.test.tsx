import { act, screen } from '@testing-library/react'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { setLinkState, setMarketTime, setReached } from '@/lib/stream/link'
import { show } from '@/testing/render'
import { LinkBanner, MarketClock } from './LinkStatus'

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

describe('the market’s clock', () => {
  it('is told where it is not the reader’s, so that a trade of seven hours ahead is no riddle', () => {
    act(() => setMarketTime(Date.now()))
    show(<MarketClock />)
    expect(screen.queryByText(/^Market/)).toBeNull()
    act(() => setMarketTime(Date.UTC(2031, 4, 6, 17, 2, 30)))
    expect(screen.getByText(/^Market/)).toHaveTextContent('Market 05-06 17:02')
  })
})
