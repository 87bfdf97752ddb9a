import { screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { HttpResponse, http } from 'msw'
import { beforeEach, describe, expect, it } from 'vitest'
import type { KillSwitchReceipt, KillSwitchRun } from '@/lib/api/types'
import { BREAKER, WALLET } from '@/testing/examples'
import { show } from '@/testing/render'
import { api, problem, server } from '@/testing/server'
import { KillSwitchBanner } from './KillSwitchBanner'
import { KillSwitchButton } from './KillSwitchButton'

const RUN: KillSwitchRun = {
  id: 'run1',
  scope: 'user',
  state: 'flattening',
  requested_at: '2025-10-10T10:00:00Z',
  halted_at: '2025-10-10T10:00:00.100Z',
  cancelled_at: null,
  quiescent_at: null,
  flat_at: null,
  escalated_at: null,
  escalation: null,
}
const RECEIPT: KillSwitchReceipt = {
  ...RUN,
  state: 'flat',
  cancelled_at: '2025-10-10T10:00:00.400Z',
  quiescent_at: '2025-10-10T10:00:06Z',
  flat_at: '2025-10-10T10:00:08Z',
  scope_id: 'u1',
  reason: 'Kill switch pressed by you.',
  requested_by: 'user',
  close_external: false,
  accounts: 1,
  accounts_proven: 1,
  waiting: [],
  positions: [
    {
      wallet_id: 'w1',
      wallet_name: 'Paper main',
      trade_id: 'p1',
      external: false,
      symbol: 'BTC/USDT:USDT',
      side: 'long',
      quantity: '0.5',
      outcome: 'closed',
      exit_price: '101',
      exit_reason: 'kill_switch',
      realized_pnl: '0.5',
      fees: '0.05',
      closed_at: '2025-10-10T10:00:01Z',
    },
  ],
}
const pressed: Array<{ key: string | null; body: unknown }> = []
let answers = () => HttpResponse.json(RUN, { status: 202 }) as Response

beforeEach(() => {
  pressed.length = 0
  answers = () => HttpResponse.json(RUN, { status: 202 })
  server.use(
    http.get(api('/circuit-breaker/status'), () => HttpResponse.json(BREAKER)),
    http.get(api('/wallets'), () => HttpResponse.json({ items: [WALLET] })),
    http.get(api('/circuit-breaker/preview'), () => problem(503, 'venue_unavailable', 'The venue did not answer.')),
    http.get(api('/circuit-breaker/receipts/run1'), () => HttpResponse.json(RECEIPT)),
    http.post(api('/circuit-breaker/kill-switch'), async ({ request }) => {
      pressed.push({ key: request.headers.get('idempotency-key'), body: await request.json() })
      return answers()
    }),
  )
})

describe('the kill switch', () => {
  it('opens by its hotkey, works by keyboard without a preview, and lists what became of every position', async () => {
    show(<KillSwitchButton />)
    await screen.findByRole('button', { name: 'Close all…' })
    await userEvent.keyboard('{Alt>}{Shift>}[KeyK]{/Shift}{/Alt}')
    const dialog = await screen.findByRole('alertdialog', { name: 'Close all positions' })
    expect(await within(dialog).findByText(/The kill switch works all the same/)).toBeVisible()
    await waitFor(() => expect(within(dialog).getByLabelText('Type CLOSE ALL to confirm')).toHaveFocus())
    await userEvent.keyboard('{Enter}')
    expect(pressed).toHaveLength(0)
    await userEvent.keyboard('close all{Enter}')
    const receipt = await screen.findByRole('dialog', { name: 'Kill switch' })
    expect(await within(receipt).findByText('Everything is proven flat')).toBeVisible()
    expect(within(receipt).getByText('Closed')).toBeVisible()
    expect(pressed[0]?.body).toEqual({ confirm: 'CLOSE ALL', close_external: false })
  })

  it('says that nothing is known to have closed, and retries under the same key', async () => {
    answers = () => problem(503, 'database_unavailable', 'The database does not answer.')
    show(<KillSwitchButton />)
    await userEvent.click(await screen.findByRole('button', { name: 'Close all…' }))
    await userEvent.type(await screen.findByLabelText('Type CLOSE ALL to confirm'), 'CLOSE ALL')
    await userEvent.click(screen.getByRole('button', { name: 'Halt and close all' }))
    expect(await screen.findByText(/Nothing is known to have closed/)).toBeVisible()
    await userEvent.click(screen.getByRole('button', { name: 'Halt and close all' }))
    await waitFor(() => expect(pressed).toHaveLength(2))
    expect(pressed[0]?.key).toBe(pressed[1]?.key)
  })

  it('stays latched on every page, and offers to resume only once everything is flat', async () => {
    const stands = (run: KillSwitchRun) =>
      server.use(
        http.get(api('/circuit-breaker/status'), () =>
          HttpResponse.json({ ...BREAKER, state: 'halted', cause: 'kill_switch', kill_switch: run }),
        ),
      )
    stands(RUN)
    const view = show(<KillSwitchBanner />)
    expect(await screen.findByText('Halted by the kill switch')).toBeVisible()
    expect(screen.queryByRole('button', { name: 'Resume…' })).toBeNull()
    view.unmount()
    server.use(
      http.get(api('/circuit-breaker/status'), () =>
        HttpResponse.json({
          ...BREAKER,
          state: 'halted',
          cause: 'kill_switch',
          kill_switch: { ...RUN, state: 'flat' },
          trips: [
            {
              scope: 'user',
              scope_id: 'u1',
              environment: 'all',
              cause: 'kill_switch',
              state: 'halted',
              reason: 'Kill switch pressed by you.',
              changed_by: 'user',
              changed_at: RUN.requested_at,
              until: null,
              resets_at: null,
              probing: false,
            },
          ],
        }),
      ),
    )
    show(<KillSwitchBanner />)
    expect(await screen.findByRole('button', { name: 'Resume…' })).toBeVisible()
  })
})
