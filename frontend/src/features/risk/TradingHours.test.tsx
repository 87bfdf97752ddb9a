import { screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { HttpResponse, http } from 'msw'
import { expect, it } from 'vitest'
import { WALLET } from '@/testing/examples'
import { show } from '@/testing/render'
import { api, server } from '@/testing/server'
import './ScheduleForm' // read beforehand, so that the page does not wait for it
import { TradingHours } from './TradingHours'

const SCHEDULE = {
  enabled: false,
  time_zone: 'UTC',
  calendar: null,
  hours: [],
  trade_weekends: true,
  closed_dates: [],
  leave_before_close: false,
  leave_before_weekend: false,
  leave_minutes: 15,
  leave_before_funding_percent: null,
  skip_funding_minutes: null,
  version: 1,
  updated_at: null,
  calendars: [],
  now: [],
}
const answered = () => HttpResponse.json(SCHEDULE, { headers: { etag: '"1"' } })

it('changes the schedule of the venue that was chosen, and of nobody else', async () => {
  const changed: unknown[] = []
  server.use(
    http.get(api('/wallets'), () => HttpResponse.json({ items: [WALLET] })),
    http.get(api('/risk/schedule'), answered),
    http.get(api('/venues/:venue/schedule'), answered),
    http.patch(api('/venues/:venue/schedule'), async ({ params, request }) => {
      changed.push([params.venue, await request.json()])
      return answered()
    }),
  )
  show(<TradingHours />)
  const user = userEvent.setup()
  await user.selectOptions(
    await screen.findByRole('combobox', { name: 'Of' }),
    await screen.findByRole('option', { name: `wallets at ${WALLET.venue}` }),
  )
  await user.type(await screen.findByLabelText(/No entry before a funding/), '30')
  await user.click(screen.getByRole('button', { name: 'Save trading hours' }))
  await waitFor(() => expect(changed).toEqual([[WALLET.venue, { skip_funding_minutes: 30 }]]))
})
