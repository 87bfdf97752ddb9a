import { screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { HttpResponse, http } from 'msw'
import { describe, expect, it, vi } from 'vitest'
import { POSITION } from '@/testing/examples'
import { show } from '@/testing/render'
import { api, problem, server } from '@/testing/server'
import { PositionCard } from './PositionCard'

const exits: Array<string | null> = []
const press = async () => {
  await userEvent.click(screen.getByRole('button', { name: 'Exit now: BTC/USDT' }))
  await userEvent.click(screen.getByRole('button', { name: /^Confirm exit, about \+\$0\.50: BTC\/USDT$/ }))
}

describe('a position’s card', () => {
  it('is named after symbol and side, and says what is at risk and what comes next', () => {
    show(<PositionCard position={POSITION} tick="0.1" onOpen={() => {}} />)
    const card = screen.getByRole('article', { name: 'BTC/USDT long' })
    for (const text of ['LONG', 'PAPER', 'Stop on the venue', 'Arms at 102.0', 'trailing arms at 102', '+0.50 R']) {
      expect(card).toHaveTextContent(text)
    }
  })

  it('tells what its parts have booked beside what is still open', () => {
    const { unmount } = show(<PositionCard position={POSITION} tick="0.1" onOpen={() => {}} />)
    expect(screen.queryByText(/booked/)).toBeNull()
    unmount()
    const sold = { ...POSITION, quantity: '0.3', scale_out_step: 1, net_pnl: '186.25' }
    show(<PositionCard position={sold} tick="0.1" onOpen={() => {}} />)
    expect(screen.getByText('+$186.25 booked')).toBeVisible()
  })

  it('says in words that a stop is missing', () => {
    show(<PositionCard position={{ ...POSITION, protected: false }} tick="0.1" onOpen={() => {}} />)
    expect(screen.getByText('No stop on the venue yet')).toBeVisible()
  })

  it('opens its details by its name', async () => {
    const open = vi.fn()
    show(<PositionCard position={POSITION} tick="0.1" onOpen={open} />)
    await userEvent.click(screen.getByRole('button', { name: 'BTC/USDT, open details' }))
    expect(open).toHaveBeenCalledWith('p1')
  })

  it('exits at the second press, with a key', async () => {
    exits.length = 0
    server.use(
      http.post(api('/positions/p1/close'), ({ request }) => {
        exits.push(request.headers.get('idempotency-key'))
        return HttpResponse.json({ ...POSITION, status: 'EXITING' }, { status: 202 })
      }),
    )
    show(<PositionCard position={POSITION} tick="0.1" onOpen={() => {}} />)
    await press()
    await waitFor(() => expect(screen.getByRole('button', { name: 'Exiting…: BTC/USDT' })).toBeDisabled())
    expect(exits).toHaveLength(1)
    expect(exits[0]).toBeTruthy()
  })

  it('retries the same exit under the same key, and says that nothing is known to have closed', async () => {
    exits.length = 0
    server.use(
      http.post(api('/positions/p1/close'), ({ request }) => {
        exits.push(request.headers.get('idempotency-key'))
        return problem(503, 'venue_unavailable', 'The venue did not answer.')
      }),
    )
    show(<PositionCard position={POSITION} tick="0.1" onOpen={() => {}} />)
    await press()
    expect(await screen.findByText(/Nothing is known to have closed/)).toBeVisible()
    await press()
    await waitFor(() => expect(exits).toHaveLength(2))
    expect(exits[0]).toBe(exits[1])
  })
})
