import { screen, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { HttpResponse, http } from 'msw'
import { beforeEach, describe, expect, it } from 'vitest'
import { BREAKER, WALLET } from '@/testing/examples'
import { show } from '@/testing/render'
import { api, server } from '@/testing/server'
import { Toasts } from '@/ui/Toast'
import { PauseResume } from './PauseResume'

let state = 'active'
const status = () => HttpResponse.json({ ...BREAKER, state })
beforeEach(() => {
  state = 'active'
  server.use(
    http.get(api('/circuit-breaker/status'), status),
    http.get(api('/wallets'), () => HttpResponse.json({ items: [WALLET] })),
    http.post(api('/circuit-breaker/pause'), () => {
      state = 'reduce_only'
      return status()
    }),
    http.post(api('/circuit-breaker/resume'), async ({ request }) => {
      expect(await request.json()).toEqual({ acknowledge: true })
      state = 'active'
      return status()
    }),
  )
})

describe('pause and resume', () => {
  it('pauses in one press and can be undone from the notice', async () => {
    show(
      <>
        <PauseResume />
        <Toasts />
      </>,
    )
    await userEvent.click(await screen.findByRole('button', { name: 'Pause entries' }))
    expect(await screen.findByRole('button', { name: 'Resume entries…' })).toBeVisible()
    await userEvent.click(screen.getByRole('button', { name: 'Undo' }))
    expect(await screen.findByRole('button', { name: 'Pause entries' })).toBeVisible()
  })

  it('resumes only after the cause was acknowledged', async () => {
    state = 'halted'
    show(<PauseResume />)
    await userEvent.click(await screen.findByRole('button', { name: 'Resume entries…' }))
    const dialog = await screen.findByRole('dialog', { name: 'Resume entries' })
    const resume = within(dialog).getByRole('button', { name: 'Resume entries' })
    expect(resume).toBeDisabled()
    await userEvent.click(within(dialog).getByRole('checkbox'))
    await userEvent.click(resume)
    expect(await screen.findByRole('button', { name: 'Pause entries' })).toBeVisible()
  })
})
