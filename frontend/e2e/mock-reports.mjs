// What the shots show of reports and of the next funding.
const at = (minutes) => new Date(Date.now() + minutes * 60_000).toISOString()
const DAY = 24 * 60

function report(id, month, more) {
  return {
    id,
    environment: 'paper',
    wallet_id: null,
    wallet: null,
    month,
    time_zone: 'Europe/Berlin',
    by_schedule: false,
    mailed: false,
    status: 'done',
    steps_done: 12,
    steps_total: 12,
    html_bytes: 31_412,
    pdf_bytes: 58_906,
    error: null,
    created_at: at(-30),
    finished_at: at(-29),
    expires_at: at(30 * DAY),
    ...more,
  }
}

export const reports = [
  report('r3', '2025-10', {
    status: 'running',
    steps_done: 5,
    html_bytes: null,
    pdf_bytes: null,
    finished_at: null,
    created_at: at(-1),
  }),
  report('r2', '2025-09', { wallet_id: 'w1', wallet: 'Steady' }),
  report('r1', '2025-08', { by_schedule: true, mailed: true, created_at: at(-20 * DAY), finished_at: at(-20 * DAY) }),
]

export const reportSchedule = {
  scopes: [{ environment: 'paper', wallet_id: null }],
  mailed_to: null,
  not_mailed: 'This deployment has no mail server: reports are made and kept here.',
  time_zone: 'Europe/Berlin',
  next_month: '2025-10',
  next_at: at(3 * DAY),
}

export function funding(venue, symbol) {
  return { venue, symbol, rate_percent: '0.0042', at: at(125) }
}
