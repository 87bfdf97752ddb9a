// How smoothly 50,000 executions scroll: frames a second of the journal's table in a real browser, from its beginning to
// its end. One JSON line. Usage: node e2e/scroll.mjs   (after `npm run build`; needs a Chromium)
import { chromium } from 'playwright-core'
import { executions } from './mock-data.mjs'
import { serve } from './mock-server.mjs'

const ROWS = 50_000
const SECONDS = 8
const LEAST = 50
const ARGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking']

const rows = Array.from({ length: ROWS }, (_, place) => ({ ...executions[place % executions.length], id: `x${place}` }))
const { port, close } = await serve()
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ARGS })
const page = await browser.newPage({ viewport: { width: 1440, height: 900 } })
await page.route('**/api/v1/execution/logs*', (route) => route.fulfill({ json: { items: rows, next_cursor: null } }))
await page.goto(`http://127.0.0.1:${port}/trade-journal`)
const table = page.getByRole('table', { name: 'Executions' })
await table.waitFor()
const listed = Number(await table.getAttribute('aria-rowcount')) - 1
const measured = await page.getByRole('region', { name: 'Executions, scrollable' }).evaluate(
  (box, seconds) =>
    new Promise((done) => {
      const way = box.scrollHeight - box.clientHeight
      const begun = performance.now()
      const frames = []
      const step = (now) => {
        frames.push(now)
        const share = (now - begun) / (seconds * 1000)
        box.scrollTop = share * way
        if (share < 1) requestAnimationFrame(step)
        else {
          const gaps = frames.slice(1).map((at, place) => at - frames[place])
          const shown = Number(box.querySelector('[data-row]:last-of-type')?.dataset.row ?? -1)
          done({ gaps: gaps.sort((a, b) => a - b), lasted: frames.at(-1) - frames[0], shown })
        }
      }
      requestAnimationFrame(step)
    }),
  SECONDS,
)
await browser.close()
close()
const rate = (measured.gaps.length / measured.lasted) * 1000
const at = (share) => measured.gaps[Math.floor(share * (measured.gaps.length - 1))]
const line = (name, value, unit, more = {}) =>
  console.log(JSON.stringify({ name, value: Math.round(value * 10) / 10, unit, ...more }))
line('scroll_frames', rate, 'frames/s', {
  limit: 'at least, design of the web app',
  peer_value: LEAST,
  ratio: Math.round((rate / LEAST) * 100) / 100,
  rows: listed,
})
line('scroll_frame_p99', at(0.99), 'ms')
process.exit(listed === ROWS && rate >= LEAST ? 0 : 1)
