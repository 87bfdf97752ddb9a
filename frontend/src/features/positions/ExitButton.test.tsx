import { onlineManager } from '@tanstack/react-query'
import { screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { HttpResponse, http } from 'msw'
import { afterEach, describe, expect, it } from 'vitest'
import { POSITION } from '@/testing/examples'
import { show } from '@/testing/render'
import { api, server } from '@/testing/server'
import { ExitButton } from './ExitButton'

afterEach(() => onlineManager.setOnline(true))

describe('leaving a position', () => {
  it('without a network fails at once, and is not sent when the network comes back', async () => {
    const keys: Array<string | null> = []
    let reachable = false
    server.use(
      http.post(api('/positions/:id/close'), ({ request }) => {
        if (!reachable) return HttpResponse.error()
        keys.push(request.headers.get('idempotency-key'))
        return HttpResponse.json({ ...POSITION, status: 'EXITING' })
      }),
    )
    onlineManager.setOnline(false)
    show(<ExitButton position={POSITION} pnl={null} />)
    await userEvent.click(screen.getByRole('button', { name: /^Exit now/ }))
    await userEvent.click(screen.getByRole('button', { name: /^Confirm exit/ }))
    expect(await screen.findByText(/Nothing is known to have closed/)).toBeVisible()
    reachable = true
    onlineManager.setOnline(true)
    await userEvent.click(await screen.findByRole('button', { name: /^Exit now/ }))
    expect(keys).toEqual([])
    await userEvent.click(screen.getByRole('button', { name: /^Confirm exit/ }))
    expect(await screen.findByText('Exiting…')).toBeVisible()
    expect(keys).toHaveLength(1)
  })
})
