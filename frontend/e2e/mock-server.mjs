// For looking at the built pages only: serves dist under the strict CSP, answers the API from mock-data, speaks the stream.
// The browser tests of the product run against the real API.
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import path from 'node:path'
import { analytics } from './mock-analytics.mjs'
import * as data from './mock-data.mjs'
import { notificationSettings, notifications, telegramLink } from './mock-notifications.mjs'
import { funding, reportSchedule, reports } from './mock-reports.mjs'

const DIST = path.resolve(import.meta.dirname, '..', 'dist')
const TYPES = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
  '.json': 'application/json',
}
export const CSP =
  "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
const PAGE = 100

/** The state the shots change: `empty` hides everything tradable, `fail` breaks every read, `mute` silences the stream. */
export const stage = { signedIn: true, asking: false, empty: false, fail: false, mute: false, breaker: 'active' }

function breaker() {
  const active = stage.breaker === 'active'
  return {
    state: stage.breaker,
    reason: active ? null : 'paused by you',
    changed_by: active ? null : 'u1',
    changed_at: active ? null : new Date().toISOString(),
    until: null,
    resets_at: null,
    cause: active ? null : 'manual',
    kill_switch: null,
    trips: [],
    wallets: [],
  }
}

function page(rows, query) {
  const from = Number(query.get('cursor') ?? 0)
  const size = Number(query.get('limit') ?? PAGE)
  const next = from + size < rows.length ? String(from + size) : null
  return { items: rows.slice(from, from + size), next_cursor: next }
}

function filtered(rows, query) {
  return rows.filter(
    (row) =>
      (!query.get('wallet_id') || row.wallet_id === query.get('wallet_id')) &&
      (!query.get('symbol') || row.symbol.startsWith(query.get('symbol').toUpperCase())) &&
      (!query.get('status') || query.get('status') === 'closed' || row.status === query.get('status')),
  )
}

function shownPositions() {
  if (!stage.asking) return data.positions
  const [first, ...rest] = data.positions
  const until = new Date(Date.now() + 90_000).toISOString()
  const asked = {
    status: 'INTENT',
    quantity: '0',
    entry_price: null,
    opened_at: null,
    protected: false,
    awaits_yes_until: until,
  }
  return [{ ...first, ...asked, mark_price: null, unrealized_pnl: null, r_multiple: null, health: null }, ...rest]
}

function read(route, query) {
  const empty = stage.empty
  const [, first, second] = route.split('/')
  if (route === '/me') return data.me
  if (route === '/auth/sessions') return { items: data.sessions }
  if (route === '/venues') return { items: data.venues }
  if (route === '/markets') return { items: data.markets }
  if (route === '/strategies') return { items: data.strategies }
  if (route === '/wallets') return { items: empty ? [] : data.wallets }
  if (route === '/positions') return { items: empty ? [] : shownPositions(), as_of: new Date().toISOString() }
  if (first === 'positions') return data.detailOf(data.positions.find((one) => one.id === second) ?? data.positions[0])
  if (route === '/trades') return page(empty ? [] : filtered(data.trades, query), query)
  if (route === '/manual-trades') return data.manualTrades(empty)
  if (first === 'trades') return data.tradeDetail(second)
  if (route === '/execution/logs') return page(empty ? [] : filtered(data.executions, query), query)
  if (route === '/execution/stats') return data.executionStats
  if (route.startsWith('/analytics/')) return analytics(route, query, empty)
  if (route.endsWith('/execution-settings')) return data.executionSettings
  if (route.endsWith('/schedule')) return data.tradingSchedule
  if (route === '/risk/settings') return data.settings
  if (route === '/risk/status') return empty ? { environments: [] } : data.riskStatus
  if (route === '/risk/profiles') return { items: data.profiles }
  if (route === '/risk/scopes') return { items: empty ? [] : data.scopes }
  if (route.startsWith('/risk/decisions/')) return data.decisionDetail(route.split('/').at(-1))
  if (route === '/risk/decisions') return page(empty ? [] : data.decisions, query)
  if (route === '/circuit-breaker/status') return breaker()
  if (route === '/notifications/settings') return notificationSettings
  if (route === '/notifications') return { ...page(empty ? [] : notifications, query), unread: empty ? 0 : 3 }
  if (route === '/signals') return { items: empty ? [] : data.signals }
  if (route === '/reports') return { items: empty ? [] : reports }
  if (route === '/reports/schedule') return reportSchedule
  if (route === '/market/funding') return funding(query.get('venue'), query.get('symbol'))
  if (route === '/market/candles')
    return { items: data.candles(query.get('symbol'), Number(query.get('limit') ?? 300)) }
  return null
}

function write(route, body) {
  if (route === '/auth/refresh')
    return stage.signedIn
      ? [200, { access_token: 'x', token_type: 'bearer', expires_in: 900 }]
      : [401, problem(401, 'not_signed_in', 'There is no session.')]
  if (route === '/auth/sign-in')
    return body.password.startsWith('wrong')
      ? [401, problem(401, 'wrong_credentials', 'E-mail or password is wrong.')]
      : [200, { access_token: 'x', token_type: 'bearer', expires_in: 900 }]
  if (route === '/auth/sign-up' || route === '/auth/password-reset')
    return [202, { message: 'If the address is new, a message with a link is on its way.' }]
  if (route === '/stream/ticket') return [200, { ticket: 't', expires_in: 30 }]
  if (route === '/circuit-breaker/pause' || route === '/circuit-breaker/resume') {
    stage.breaker = route.endsWith('pause') ? 'reduce_only' : 'active'
    return [200, breaker()]
  }
  if (route === '/risk/position-size' || route === '/risk/validate') return [200, data.sized]
  if (route === '/risk/settings/preview') return [200, data.preview]
  if (route === '/risk/settings')
    return [
      422,
      {
        ...problem(422, 'invalid_settings', 'One setting was refused.'),
        errors: [
          {
            field: 'max_leverage',
            code: 'above_platform_limit',
            message: 'Leverage 50 is above the platform limit of 25.',
            limit: '25',
            value: '50',
          },
        ],
      },
    ]
  if (route === '/notifications/telegram/link') return [200, telegramLink()]
  if (route === '/notifications/read') return [200, { unread: 0 }]
  if (route === '/notifications/settings') return [200, notificationSettings]
  if (route.endsWith('/close'))
    return [202, { ...data.positions.find((one) => route.includes(one.id)), status: 'EXITING' }]
  return [200, data.wallets[0]]
}

function problem(status, code, detail) {
  return { type: 'about:blank', title: 'Refused', status, code, detail, request_id: 'req-7f3a91c2' }
}

function answerApi(request, response, url) {
  const send = (status, body) => {
    response.writeHead(status, {
      'content-type': status >= 400 ? 'application/problem+json' : 'application/json',
      etag: '"3"',
    })
    response.end(JSON.stringify(body))
  }
  const route = url.pathname.slice('/api/v1'.length)
  const chunks = []
  request.on('data', (chunk) => chunks.push(chunk))
  request.on('end', () => {
    if (request.method !== 'GET')
      return send(...write(route, chunks.length > 0 ? JSON.parse(Buffer.concat(chunks)) : {}))
    if (stage.fail && !['/me', '/circuit-breaker/status'].includes(route))
      return send(503, problem(503, 'database_unavailable', 'The database did not answer within 2 s.'))
    const found = read(route, url.searchParams)
    return found === null ? send(404, problem(404, 'not_found', `There is nothing at ${route}.`)) : send(200, found)
  })
}

function serveFile(response, url) {
  const wanted = path.join(DIST, path.normalize(url.pathname))
  const file =
    wanted.startsWith(DIST) && existsSync(wanted) && statSync(wanted).isFile() ? wanted : path.join(DIST, 'index.html')
  response.writeHead(200, {
    'content-type': TYPES[path.extname(file)] ?? 'application/octet-stream',
    'content-security-policy': CSP,
  })
  response.end(readFileSync(file))
}

function frame(text) {
  const body = Buffer.from(text)
  const head =
    body.length < 126
      ? Buffer.from([0x81, body.length])
      : body.length < 65536
        ? Buffer.from([0x81, 126, body.length >> 8, body.length & 255])
        : null
  if (head !== null) return Buffer.concat([head, body])
  const long = Buffer.alloc(10)
  long[0] = 0x81
  long[1] = 127
  long.writeBigUInt64BE(BigInt(body.length), 2)
  return Buffer.concat([long, body])
}

function speak(request, socket) {
  const accept = createHash('sha1')
    .update(`${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
    .digest('base64')
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  )
  let seq = 0
  const say = (message) => !stage.mute && socket.write(frame(JSON.stringify(message)))
  const positions = stage.empty ? [] : data.positions
  say({
    type: 'snapshot',
    seq,
    data: {
      positions,
      breaker: breaker(),
      wallets: stage.empty ? [] : data.wallets,
      prices: data.quotes(),
      stale_after_ms: 3000,
      market_time: Date.now(),
    },
  })
  const prices = setInterval(() => {
    data.tickPrices()
    say({ type: 'delta', seq: ++seq, topic: 'prices', data: data.quotes() })
  }, 120)
  const beat = setInterval(
    () => say({ type: 'heartbeat', seq, server_time: new Date().toISOString(), market_time: Date.now() }),
    1000,
  )
  const stop = () => {
    clearInterval(prices)
    clearInterval(beat)
  }
  socket.on('close', stop)
  socket.on('error', stop)
  socket.on('data', (chunk) => (chunk[0] & 15) === 8 && socket.end())
}

/** Starts on the port, 0 for a free one. */
export function serve(port = 0) {
  const server = createServer((request, response) => {
    const url = new URL(request.url, 'http://127.0.0.1')
    if (url.pathname.startsWith('/api/')) answerApi(request, response, url)
    else serveFile(response, url)
  })
  const sockets = new Set()
  server.on('upgrade', (request, socket) => {
    sockets.add(socket)
    speak(request, socket)
  })
  return new Promise((resolve) => {
    server.listen(port, '127.0.0.1', () => {
      const close = () => {
        for (const socket of sockets) socket.destroy()
        server.closeAllConnections()
        server.close()
      }
      resolve({ port: server.address().port, close })
    })
  })
}

if (process.argv[1] === import.meta.filename) {
  const at = process.argv.indexOf('--port')
  const { port } = await serve(at > 0 ? Number(process.argv[at + 1]) : 0)
  console.log(`mock account on http://127.0.0.1:${port}`)
}
