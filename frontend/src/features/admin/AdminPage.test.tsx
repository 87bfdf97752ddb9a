import { screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { HttpResponse, http } from 'msw'
import { describe, expect, it } from 'vitest'
import type { FoundUser, KillSwitchReceipt, OperatorCase, SystemHealth } from '@/lib/api/types'
import { show } from '@/testing/render'
import { api, problem, server } from '@/testing/server'
import { AdminPage } from './AdminPage'

const HEALTH: SystemHealth = {
  as_of: '2025-10-10T10:00:00Z',
  status: 'degraded',
  alarms: [{ component: 'executor on one', gauge: 'cpu_percent', value: 91, limit: 80 }],
  processes: [
    {
      process: 'executor',
      host: 'one',
      pid: 7,
      started_at: '2025-10-10T09:00:00Z',
      seen_at: '2025-10-10T10:00:00Z',
      is_alive: true,
      cpu_percent: 91,
      memory_percent: 20,
      disk_percent: null,
      rss_bytes: 104_857_600,
      loop_lag_milliseconds: 1,
    },
  ],
  queues: [{ queue: 'outbox: exit', depth: 3, oldest_seconds: 12 }],
  streams: [{ venue: 'paper', symbols: 5, newest_seconds: 0.2, oldest_seconds: 1 }],
  venues: [],
  stores: [{ store: 'redis', answers: false, milliseconds: null, used_bytes: null }],
  needs_operator: 1,
}
const CASE: OperatorCase = {
  trade_id: 't1',
  user_id: 'u1',
  wallet_id: 'w1',
  environment: 'paper',
  venue: 'paper',
  symbol: 'BTC/USDT:USDT',
  side: 'long',
  since: '2025-10-10T10:00:00Z',
  reason: 'The venue holds less than our books.',
  quantity: '0.4',
  planned_quantity: '0.5',
  entry_price: '100',
  stop_price: '98',
  exit_requested: null,
  orders: [],
  fills: [],
}

const USER: FoundUser = {
  id: 'u7',
  email: 'ada@example.com',
  role: 'user',
  created_at: '2025-01-01T00:00:00Z',
  email_verified_at: null,
  disabled_at: null,
  wallets: 2,
  open_positions: 1,
}

const RUN: KillSwitchReceipt = {
  id: 'run1',
  scope: 'platform',
  scope_id: 'platform',
  state: 'flattening',
  reason: 'Drill',
  requested_by: 'operator',
  close_external: false,
  requested_at: '2025-10-10T10:00:00Z',
  halted_at: '2025-10-10T10:00:00Z',
  cancelled_at: null,
  quiescent_at: null,
  flat_at: null,
  escalated_at: null,
  escalation: null,
  accounts: 3,
  accounts_proven: 2,
  waiting: [],
  positions: [],
}

function answers(role: string, decided: unknown[] = []) {
  server.use(
    http.get(api('/me'), () =>
      HttpResponse.json({
        id: 'u1',
        email: 'ada@example.com',
        email_verified: true,
        role,
        time_zone: 'UTC',
        created_at: '2025-01-01T00:00:00Z',
      }),
    ),
    http.get(api('/admin/health'), () => HttpResponse.json(HEALTH)),
    http.get(api('/admin/circuit-breaker/status'), () => HttpResponse.json({ items: [] })),
    http.get(api('/admin/circuit-breaker/preview'), () => problem(503, 'database_unavailable', 'Later.')),
    http.get(api('/admin/operator-cases'), () => HttpResponse.json({ items: [CASE] })),
    http.get(api('/admin/risk/limits'), () => HttpResponse.json({ items: [] })),
    http.post(api('/admin/operator-cases/t1/resolve'), async ({ request }) => {
      decided.push(await request.json())
      return new HttpResponse(null, { status: 202 })
    }),
  )
}

describe('the administrators’ page', () => {
  it('names what is at its limit, what does not answer, and never a zero for what is unknown', async () => {
    answers('admin')
    show(<AdminPage />)
    expect(await screen.findByText(/cpu percent is 91.0, the limit is 80/)).toBeVisible()
    expect(screen.getByText(/does not answer/)).toBeVisible()
    expect(screen.getAllByRole('cell', { name: '–' })).toHaveLength(3)
  })

  it('sends an operator’s decision at the second press, with its note', async () => {
    const decided: unknown[] = []
    answers('admin', decided)
    show(<AdminPage />)
    await userEvent.type(await screen.findByLabelText('Note for the audit log'), 'asked the venue')
    await userEvent.click(screen.getByRole('button', { name: 'Leave at market: BTC/USDT' }))
    expect(decided).toHaveLength(0)
    await userEvent.click(screen.getByRole('button', { name: 'Confirm: leave it at market: BTC/USDT' }))
    await waitFor(() => expect(decided).toEqual([{ choice: 'close', note: 'asked the venue' }]))
  })

  it('halts everybody by the typed phrase and a reason alone, without a preview, and tells how far it is', async () => {
    const pressed: unknown[] = []
    answers('admin')
    server.use(
      http.post(api('/admin/circuit-breaker/kill-switch'), async ({ request }) => {
        pressed.push(await request.json())
        return HttpResponse.json({ ...RUN, state: 'halted' }, { status: 202 })
      }),
      http.get(api('/admin/circuit-breaker/receipts/run1'), () => HttpResponse.json(RUN)),
    )
    show(<AdminPage />)
    const button = await screen.findByRole('button', { name: 'Halt and close all' })
    await userEvent.type(screen.getByLabelText('Type CLOSE ALL to confirm'), 'close all')
    expect(button).toBeDisabled()
    await userEvent.type(screen.getByLabelText('Why, for everybody whom it concerns'), 'Drill{Enter}')
    await waitFor(() =>
      expect(pressed).toEqual([{ confirm: 'CLOSE ALL', scope: 'platform', scope_id: null, reason: 'Drill' }]),
    )
    expect(await screen.findByText(/0 of 0 positions closed, 2 of 3 accounts proven flat/)).toBeVisible()
  })

  it('finds a user page by page, pauses the one that is meant, and takes the id along to the kill switch', async () => {
    const asked: string[] = []
    const paused: unknown[] = []
    answers('admin')
    server.use(
      http.get(api('/admin/users'), ({ request }) => {
        const query = new URL(request.url).searchParams
        asked.push(`${query.get('q')} ${query.get('cursor')}`)
        const first = query.get('cursor') === null
        return HttpResponse.json({
          items: [{ ...USER, ...(first ? {} : { id: 'u8', email: 'grace@example.com' }) }],
          next_cursor: first ? 'next' : null,
        })
      }),
      http.post(api('/admin/circuit-breaker/pause'), async ({ request }) => {
        paused.push(await request.json())
        return HttpResponse.json({ items: [] })
      }),
    )
    show(<AdminPage />)
    await userEvent.type(await screen.findByLabelText('E-mail address, wallet’s name or id'), ' example {Enter}')
    await userEvent.click(await screen.findByRole('button', { name: 'More users' }))
    expect(await screen.findByText('grace@example.com')).toBeVisible()
    expect(asked).toEqual(['example null', 'example next'])
    await userEvent.click(screen.getByRole('button', { name: 'Pause entries: grace@example.com' }))
    await userEvent.click(screen.getByRole('button', { name: 'Confirm pause: grace@example.com' }))
    await waitFor(() => expect(paused).toEqual([{ scope: 'user', scope_id: 'u8', reason: null }]))
    await userEvent.click(screen.getByRole('button', { name: 'Halt and close all of grace@example.com' }))
    expect(screen.getByLabelText('Id of the user to close')).toHaveValue('u8')
  })

  it('saves the report of the breakers between two times', async () => {
    const asked: string[] = []
    answers('admin')
    server.use(
      http.get(api('/admin/circuit-breaker/report'), ({ request }) => {
        asked.push(new URL(request.url).search)
        return problem(422, 'invalid_input', 'A report covers up to 31 days.')
      }),
    )
    show(<AdminPage />)
    const since = await screen.findByLabelText('Report from, UTC')
    await userEvent.clear(since)
    await userEvent.type(since, '2025-10-10T20:00')
    await userEvent.click(screen.getByRole('button', { name: 'Save the report' }))
    expect(await screen.findByText(/A report covers up to 31 days/)).toBeVisible()
    expect(asked[0]).toContain('since=2025-10-10T20%3A00%3A00Z')
  })

  it('shows nothing to others', async () => {
    answers('user')
    show(<AdminPage />)
    expect(await screen.findByText('This page is for administrators.')).toBeVisible()
    expect(screen.queryByText('Health of the platform')).toBeNull()
  })
})
