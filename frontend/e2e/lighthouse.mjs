// Lighthouse on the overview of a running product, signed in: as a desk and as a phone see it. One JSON line per figure.
// Usage: node e2e/lighthouse.mjs --password PASSWORD [--url http://localhost:8000] [--email …] [--out folder]
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs, promisify } from 'node:util'
import { chromium } from 'playwright-core'
import { signIn } from './sign-in.mjs'

// The newest that runs on Node 20; fetched by npx, for it is heavier than everything else here together.
const LIGHTHOUSE = 'lighthouse@12.8.2'
const RUNS = [
  { name: 'desk', flags: ['--preset=desktop'], least: { performance: 0.95, accessibility: 1 } },
  { name: 'phone', flags: [], least: { performance: 0.85, accessibility: 1 } },
]
const { values: asked } = parseArgs({
  options: {
    url: { type: 'string', default: 'http://localhost:8000' },
    email: { type: 'string', default: 'demo@stackalpha.local' },
    password: { type: 'string' },
    out: { type: 'string', default: '' },
  },
})
if (!asked.password) {
  console.error('--password is needed: `make run` prints it.')
  process.exit(2)
}

async function freePort() {
  const server = createServer()
  await new Promise((ready) => server.listen(0, '127.0.0.1', ready))
  const { port } = server.address()
  await new Promise((closed) => server.close(closed))
  return port
}

const folder = mkdtempSync(path.join(tmpdir(), 'lighthouse-'))
const out = asked.out || folder
mkdirSync(out, { recursive: true })
const port = await freePort()
// Lighthouse opens its tab in this browser's own profile, in which we sign in.
const context = await chromium.launchPersistentContext(path.join(folder, 'profile'), {
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: [`--remote-debugging-port=${port}`, '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
})

/** Signing in has loaded the app's files: they come anew, as on the first visit after an update. */
async function forgetFiles(context) {
  const page = await context.newPage()
  const session = await context.newCDPSession(page)
  await session.send('Network.clearBrowserCache')
  await page.close()
}

let missed = 0
for (const { name, flags, least } of RUNS) {
  // Anew for each run: Lighthouse leaves a page while it renews its session, and an old cookie ends the session.
  await context.clearCookies()
  await signIn(context, asked)
  await forgetFiles(context)
  const report = path.join(out, `lighthouse-${name}.json`)
  await promisify(execFile)(
    'npx',
    [
      '--yes',
      LIGHTHOUSE,
      `${asked.url}/`,
      `--port=${port}`,
      '--disable-storage-reset',
      '--only-categories=performance,accessibility',
      '--output=json',
      `--output-path=${report}`,
      '--quiet',
      ...flags,
    ],
    { maxBuffer: 1 << 26 },
  )
  const { categories, audits, finalDisplayedUrl } = JSON.parse(readFileSync(report, 'utf8'))
  if (new URL(finalDisplayedUrl).pathname !== '/') throw new Error(`It was ${finalDisplayedUrl} that was measured.`)
  for (const [category, limit] of Object.entries(least)) {
    const { score } = categories[category]
    if (score === null || score < limit) missed += 1
    const ratio = Math.round(((score ?? 0) / limit) * 100) / 100
    const figure = {
      name: `${category}_${name}`,
      value: score,
      unit: 'of 1',
      limit: 'at least',
      peer_value: limit,
      ratio,
    }
    console.log(JSON.stringify(figure))
  }
  for (const audit of [
    'first-contentful-paint',
    'largest-contentful-paint',
    'total-blocking-time',
    'cumulative-layout-shift',
  ])
    console.log(
      JSON.stringify({ name: `${audit}_${name}`, value: audits[audit].numericValue, unit: audits[audit].numericUnit }),
    )
  const failed = Object.values(audits).filter(
    (one) => one.score !== null && one.score < 0.9 && one.scoreDisplayMode === 'binary',
  )
  for (const one of failed) console.error(`${name}: ${one.id}: ${one.title}`)
}
await context.close()
if (!asked.out) rmSync(folder, { recursive: true, force: true })
process.exit(missed === 0 ? 0 : 1)
