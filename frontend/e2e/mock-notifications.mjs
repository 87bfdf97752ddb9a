// What the alerts page shows in the shots: the table of events as the server has it, and some messages.
import { readFileSync } from 'node:fs'

const { events, qr } = JSON.parse(readFileSync(new URL('./mock-notifications.json', import.meta.url), 'utf8'))
const at = (minutes) => new Date(Date.now() - minutes * 60_000).toISOString()

function told(id, event, sentence, minutes, more = {}) {
  const { level, category, title } = events.find((one) => one.event === event)
  const deliveries = [{ channel: 'telegram', state: 'sent', sent_at: at(minutes), error: null }]
  return {
    id,
    event,
    level,
    category,
    title: title.replace(/\{symbol\}/, 'BTC/USDT').replace(/\{\w+\}/g, 'long'),
    sentence,
    wallet_id: null,
    figures: {},
    created_at: at(minutes),
    read_at: null,
    silent: false,
    deliveries,
    ...more,
  }
}

export const notifications = [
  told(
    'n1',
    'position_unprotected',
    'Paper careful: long 0.5 BTC/USDT has been without a live stop for 12 s. It is closed at market.',
    2,
  ),
  told('n2', 'trading_paused', 'All wallets: no new entries. Daily loss limit reached. Stops and exits go on.', 9, {
    deliveries: [
      {
        channel: 'email',
        state: 'waiting',
        sent_at: null,
        error: 'The mail server was not reached (ConnectionError).',
      },
      { channel: 'telegram', state: 'sent', sent_at: at(9), error: null },
    ],
  }),
  told(
    'n3',
    'trade_closed',
    'Paper careful: long BTC/USDT closed at 41,200.5 by trailing stop, net P&L +182.40 USDT.',
    31,
  ),
  told(
    'n4',
    'trade_opened',
    'Paper careful: long 0.5 BTC/USDT opened at 40,800, stop 40,100, at risk 350.00 USDT.',
    95,
    { read_at: at(60) },
  ),
]

const CHANNELS = [
  { channel: 'in_app', available: true, reachable: true, address: 'this web app', level: 'info' },
  { channel: 'telegram', available: true, reachable: false, address: null, level: 'info' },
  { channel: 'email', available: true, reachable: true, address: 'trader@example.com', level: 'info' },
  { channel: 'sms', available: true, reachable: false, address: null, level: 'critical' },
]

export const notificationSettings = {
  time_zone: 'Europe/Berlin',
  quiet_hours: { begins: '22:00', ends: '07:00' },
  digest_at: '08:00',
  channels: CHANNELS,
  message_services: ['discord', 'sns', 'twilio'],
  events,
}

export const telegramLink = () => ({
  url: 'https://t.me/stackalpha_bot?start=pretend-token-of-43-characters-for-the-look1',
  qr_rows: qr,
  command: '/link 483920',
  expires_at: at(-10),
})
