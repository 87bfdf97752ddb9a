import { screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { HttpResponse, http } from 'msw'
import { describe, expect, it } from 'vitest'
import { SETTINGS } from '@/testing/examples'
import { show } from '@/testing/render'
import { api, server } from '@/testing/server'
import { PendingChanges, pendingWords } from './PendingChanges'

const wait = (setting: string, value: string | null, effective_at = '2999-01-01T00:00:00Z') => ({
  setting,
  value,
  effective_at,
  requested_at: '2025-10-10T10:00:00Z',
})

describe('changes that wait', () => {
  it('are said in the words of the form', () => {
    expect(pendingWords(SETTINGS, wait('max_leverage', '20'))).toEqual({
      label: 'Leverage',
      before: '10×',
      after: '20×',
    })
    expect(pendingWords(SETTINGS, wait('enable_pyramiding', 'True')).after).toBe('on')
    expect(pendingWords(SETTINGS, wait('max_daily_loss_usd', null)).after).toBe('no limit')
  })

  it('say when they act, and what holds them once their day has come', () => {
    const saved = {
      ...SETTINGS,
      pending: [wait('max_leverage', '20'), wait('max_open_positions', '9', '2020-01-01T00:00:00Z')],
    }
    show(<PendingChanges saved={saved} />)
    expect(screen.getByText(/Acts 2999-01-01 00:00 UTC/)).toBeVisible()
    expect(screen.getByText(/as soon as no loss limit is tripped/)).toBeVisible()
  })

  it('can be cancelled one by one', async () => {
    let cancelled = ''
    server.use(
      http.delete(api('/risk/settings/pending/:setting'), ({ params }) => {
        cancelled = String(params.setting)
        return HttpResponse.json(SETTINGS, { headers: { etag: '"2"' } })
      }),
    )
    show(<PendingChanges saved={{ ...SETTINGS, pending: [wait('max_leverage', '20')] }} />)
    await userEvent.click(screen.getByRole('button', { name: 'Cancel the change of Leverage' }))
    await waitFor(() => expect(cancelled).toBe('max_leverage'))
  })
})
