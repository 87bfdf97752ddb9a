// Goes through every page of a running product: dark and light at 1440 px, and a phone; pictures, axe, what scrolls sideways.
// Usage: npm run shots:product -- --password PASSWORD [--url http://localhost:8000] [--email demo@stackalpha.local]
//        [--out FOLDER] [--only overview]
import { mkdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { chromium } from 'playwright-core'
import { signIn } from './sign-in.mjs'

const { values: asked } = parseArgs({
  options: {
    url: { type: 'string', default: 'http://localhost:8000' },
    email: { type: 'string', default: 'demo@stackalpha.local' },
    password: { type: 'string' },
    out: { type: 'string', default: join(tmpdir(), 'product-shots') },
    only: { type: 'string', default: '' },
  },
})
if (!asked.password) {
  console.error('--password is needed: `make run` prints it.')
  process.exit(2)
}
const ARGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking']
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const LOOKS = [
  { name: 'dark', theme: 'dark', viewport: { width: 1440, height: 900 } },
  { name: 'light', theme: 'light', viewport: { width: 1440, height: 900 } },
  { name: 'phone', theme: 'dark', viewport: { width: 375, height: 812 }, hasTouch: true, isMobile: true },
]
const firstRow = (page, table) => page.getByRole('table', { name: table }).getByRole('row').nth(1)

/** Each page, and what is done on it before the picture. */
const PAGES = [
  { name: 'sign-in', path: '/sign-in', out: true },
  { name: 'sign-up', path: '/sign-up', out: true },
  { name: 'reset-password', path: '/reset-password', out: true },
  { name: 'overview', path: '/' },
  { name: 'positions', path: '/positions/live' },
  { name: 'journal', path: '/trade-journal' },
  { name: 'journal-trades', path: '/trade-journal?tab=trades' },
  { name: 'journal-hand', path: '/trade-journal?tab=hand' },
  { name: 'journal-quality', path: '/trade-journal?tab=quality' },
  {
    name: 'journal-trade',
    path: '/trade-journal?tab=trades',
    act: async (page) => {
      await firstRow(page, 'Trades').click()
      await page.getByRole('dialog').locator('canvas').first().waitFor()
    },
  },
  { name: 'analytics', path: '/analytics' },
  { name: 'reports', path: '/reports' },
  { name: 'wallets', path: '/wallets' },
  { name: 'risk', path: '/risk-management' },
  { name: 'alerts', path: '/alerts' },
  { name: 'account', path: '/account' },
  { name: 'admin', path: '/admin' },
  {
    name: 'palette',
    path: '/',
    act: async (page) => {
      await page.keyboard.press('Control+K')
      await page.getByRole('option').first().waitFor()
    },
  },
  {
    name: 'kill-switch',
    path: '/positions/live',
    act: async (page) => {
      await page.keyboard.press('Alt+Shift+K')
      await page.getByRole('alertdialog').waitFor()
    },
  },
].filter((one) => one.name.includes(asked.only))

let faults = 0
function fault(name, text) {
  faults += 1
  console.log(`FAULT ${name}: ${text}`)
}

/** Nothing is on its way any more, or it stays so: a picture of either tells. */
async function settle(page) {
  await page.getByRole('main').first().waitFor({ timeout: 15_000 })
  await page
    .getByText(/^Loading/)
    .first()
    .waitFor({ state: 'detached', timeout: 10_000 })
    .catch(() => {})
  await page.waitForTimeout(700)
}

async function look(page, name) {
  await page.evaluate(AXE)
  const found = await page.evaluate(() => globalThis.axe.run().then((result) => result.violations))
  for (const one of found) fault(name, `axe ${one.id} ×${one.nodes.length}: ${one.nodes[0].html.slice(0, 160)}`)
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
  if (wide > 0) fault(name, `scrolls sideways by ${wide} px`)
}

mkdirSync(asked.out, { recursive: true })
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ARGS })
let session
for (const { name: look_, theme, ...size } of LOOKS) {
  const options = { ...size, colorScheme: theme, reducedMotion: 'reduce', bypassCSP: true, timezoneId: 'Europe/Berlin' }
  const outside = await browser.newContext(options)
  const inside = await browser.newContext({ ...options, storageState: session })
  if (session === undefined) await signIn(inside, asked)
  for (const one of PAGES) {
    const name = `${one.name}-${look_}`
    const page = await (one.out ? outside : inside).newPage()
    page.on('pageerror', (error) => fault(name, `page error: ${error.message}`))
    try {
      await page.goto(`${asked.url}${one.path}`)
      await settle(page)
      await one.act?.(page)
      await page.waitForTimeout(300)
      await page.screenshot({ path: `${asked.out}/${name}.png`, fullPage: !one.act && look_ !== 'phone' })
      await look(page, name)
    } catch (error) {
      fault(name, error.message.split('\n')[0])
      await page.screenshot({ path: `${asked.out}/${name}.png` })
    }
    await page.close()
  }
  session = await inside.storageState()
  await inside.close()
  await outside.close()
}
await browser.close()
console.log(`${faults === 0 ? 'no faults' : `${faults} faults`}; pictures in ${asked.out}`)
process.exit(faults === 0 ? 0 : 1)
