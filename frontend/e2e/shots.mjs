// Looks at every page in both themes at 1440 and 375 px: screenshots, axe, overflow, small targets, console errors.
// Usage: node e2e/shots.mjs [folder] [only]   (after `npm run build`; needs a Chromium)
import { mkdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { chromium } from 'playwright-core'
import { serve, stage } from './mock-server.mjs'

const OUT = process.argv[2] ?? '/tmp/shots'
const ONLY = process.argv[3]
const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']
const SIZES = { desk: { width: 1440, height: 900 }, phone: { width: 375, height: 812 } }
let faults = 0
const fault = (name, text) => {
  faults += 1
  console.log(`FAULT ${name}: ${text}`)
}

const PAGES = [
  { name: 'sign-in', path: '/sign-in', out: true },
  {
    name: 'sign-in-error',
    path: '/sign-in',
    out: true,
    act: async (p) => {
      await p.getByLabel('E-mail').fill('a@b.co')
      await p.getByLabel('Password', { exact: true }).fill('wrong password')
      await p.getByRole('button', { name: 'Sign in' }).click()
      await p.getByRole('alert').waitFor()
    },
  },
  { name: 'sign-up', path: '/sign-up', out: true },
  {
    name: 'sign-up-error',
    path: '/sign-up',
    out: true,
    act: async (p) => {
      await p.getByRole('button', { name: 'Create account' }).click()
    },
  },
  { name: 'reset-password', path: '/reset-password?token=abc', out: true },
  { name: 'positions', path: '/positions/live', wait: (p) => p.getByRole('article').first() },
  {
    name: 'positions-armed',
    path: '/positions/live',
    act: async (p) => {
      await p.getByRole('button', { name: /^Exit now: BTC/ }).click()
      await p.getByRole('button', { name: /^Confirm exit/ }).waitFor()
    },
    wait: (p) => p.getByRole('article').first(),
  },
  {
    name: 'positions-empty',
    path: '/positions/live',
    set: { empty: true },
    wait: (p) => p.getByText('No open positions'),
  },
  {
    name: 'positions-error',
    path: '/positions/live',
    set: { fail: true, mute: true },
    wait: (p) => p.getByText('Positions could not be loaded'),
    noise: true,
  },
  {
    name: 'positions-stale',
    path: '/positions/live',
    wait: (p) => p.getByRole('article').first(),
    act: async (p) => {
      stage.mute = true
      await p.getByRole('alert').waitFor({ timeout: 9000 })
    },
  },
  { name: 'position-detail', path: '/positions/live?trade=p1', wait: (p) => p.locator('canvas').first(), dialog: true },
  { name: 'journal', path: '/trade-journal', wait: (p) => p.getByRole('table', { name: 'Executions' }) },
  {
    name: 'journal-row',
    path: '/trade-journal',
    wait: (p) => p.getByRole('table', { name: 'Executions' }),
    act: async (p) => {
      await p.getByRole('table', { name: 'Executions' }).getByRole('row').nth(3).click()
      await p.getByText('Order timeline').waitFor()
    },
    dialog: true,
  },
  { name: 'journal-trades', path: '/trade-journal?tab=trades', wait: (p) => p.getByRole('table', { name: 'Trades' }) },
  {
    name: 'journal-empty',
    path: '/trade-journal',
    set: { empty: true },
    wait: (p) => p.getByText('No executions yet'),
  },
  {
    name: 'journal-quality',
    path: '/trade-journal?tab=quality',
    wait: (p) => p.getByRole('table', { name: 'Latency in milliseconds' }),
  },
  {
    name: 'analytics',
    path: '/analytics',
    wait: (p) => p.getByRole('table', { name: 'Every figure' }),
  },
  {
    name: 'analytics-empty',
    path: '/analytics?range=1w',
    set: { empty: true },
    wait: (p) => p.getByText('No line to draw yet'),
  },
  {
    name: 'analytics-error',
    path: '/analytics',
    set: { fail: true, mute: true },
    wait: (p) => p.getByText('Figures could not be loaded'),
    noise: true,
  },
  {
    name: 'positions-asking',
    path: '/positions/live',
    set: { asking: true, mute: true },
    wait: (p) => p.getByText('Waits for your yes'),
  },
  {
    name: 'wallets-execution',
    path: '/wallets',
    wait: (p) => p.getByRole('article').first(),
    act: async (p) => {
      await p
        .getByRole('button', { name: /^Execution: / })
        .first()
        .click()
      await p.getByLabel('Largest slippage', { exact: true }).waitFor()
    },
    dialog: true,
  },
  { name: 'wallets', path: '/wallets', wait: (p) => p.getByRole('article').first() },
  {
    name: 'wallets-create',
    path: '/wallets',
    wait: (p) => p.getByRole('article').first(),
    act: async (p) => {
      await p.getByRole('button', { name: 'Create wallet' }).click()
      await p.getByLabel('First deposit').waitFor()
    },
    dialog: true,
  },
  {
    name: 'wallets-auto',
    path: '/wallets',
    wait: (p) => p.getByRole('article').first(),
    act: async (p) => {
      await p.getByRole('button', { name: 'Enable auto-trading: Paper careful' }).click()
      await p.getByText('Limits of this wallet alone').waitFor()
    },
    dialog: true,
  },
  { name: 'risk', path: '/risk-management', wait: (p) => p.getByLabel('Leverage', { exact: true }) },
  {
    name: 'risk-diff',
    path: '/risk-management',
    wait: (p) => p.getByLabel('Leverage', { exact: true }),
    act: async (p) => {
      await p.getByLabel('Leverage', { exact: true }).fill('50')
      await p.getByRole('textbox', { name: 'Weekly loss, percent of equity' }).fill('8')
      await p.getByRole('textbox', { name: 'Daily loss', exact: true }).fill('')
    },
  },
  {
    name: 'risk-loosen',
    path: '/risk-management',
    wait: (p) => p.getByLabel('Leverage', { exact: true }),
    act: async (p) => {
      await p.getByLabel('Leverage', { exact: true }).fill('50')
      await p.getByRole('button', { name: 'Save changes' }).click()
      await p.getByRole('dialog').waitFor()
    },
    dialog: true,
  },
  {
    name: 'risk-refused',
    path: '/risk-management',
    wait: (p) => p.getByLabel('Leverage', { exact: true }),
    act: async (p) => {
      await p.getByLabel('Leverage', { exact: true }).fill('50')
      await p.getByRole('button', { name: 'Save changes' }).click()
      await p.getByRole('button', { name: 'Loosen limits' }).click()
      await p.getByText('above the platform limit').waitFor()
    },
    noise: true,
  },
  {
    name: 'risk-calculator',
    path: '/risk-management#calculator',
    wait: (p) => p.getByLabel('Stop price'),
    act: async (p) => {
      await p.getByLabel('Entry price').fill('45000')
      await p.getByLabel('Stop price').fill('44000')
      await p.getByText('Would be refused').waitFor()
      await p.getByText('Would be refused').scrollIntoViewIfNeeded()
    },
  },
  {
    name: 'risk-preview',
    path: '/risk-management',
    wait: (p) => p.getByLabel('Leverage', { exact: true }),
    act: async (p) => {
      await p.getByLabel('Leverage', { exact: true }).fill('5')
      await p.getByRole('button', { name: 'What would this have changed?' }).click()
      await p.getByText(/blocks 7 of 62 trades/).waitFor()
      await p.getByText('Which ones').click()
    },
  },
  {
    name: 'risk-profile',
    path: '/risk-management',
    wait: (p) => p.getByRole('button', { name: 'Apply Unrestricted…' }),
    act: async (p) => {
      await p.getByRole('button', { name: 'Apply Unrestricted…' }).click()
      await p.getByRole('dialog').waitFor()
    },
    dialog: true,
  },
  {
    name: 'risk-scope',
    path: '/risk-management',
    wait: (p) => p.getByRole('button', { name: 'Edit the limits of BTC/USDT' }),
    act: async (p) => {
      await p.getByRole('button', { name: 'Edit the limits of BTC/USDT' }).click()
      await p.getByRole('dialog').waitFor()
    },
    dialog: true,
  },
  {
    name: 'risk-receipt',
    path: '/risk-management',
    wait: (p) => p.getByRole('button', { name: /^Receipt/ }).first(),
    act: async (p) => {
      await p
        .getByRole('button', { name: /^Receipt/ })
        .first()
        .click()
      await p.getByText('Same answer').waitFor()
    },
    dialog: true,
  },
  {
    name: 'risk-empty',
    path: '/risk-management',
    set: { empty: true },
    wait: (p) => p.getByText('Nothing at risk yet'),
  },
  {
    name: 'risk-error',
    path: '/risk-management',
    set: { fail: true, mute: true },
    wait: (p) => p.getByText('Risk settings could not be loaded'),
    noise: true,
  },
  { name: 'alerts', path: '/alerts', wait: (p) => p.getByRole('region', { name: 'Events by channel' }) },
  {
    name: 'alerts-telegram',
    path: '/alerts',
    wait: (p) => p.getByRole('button', { name: 'Link Telegram' }),
    act: async (p) => {
      await p.getByRole('button', { name: 'Link Telegram' }).click()
      await p.getByText('/link 483920').waitFor()
    },
    dialog: true,
  },
  { name: 'alerts-empty', path: '/alerts', set: { empty: true }, wait: (p) => p.getByText('Nothing to tell yet') },
  {
    name: 'alerts-error',
    path: '/alerts',
    set: { fail: true, mute: true },
    wait: (p) => p.getByText('Messages could not be loaded'),
    noise: true,
  },
  { name: 'account', path: '/account', wait: (p) => p.getByRole('button', { name: 'Sign out', exact: true }) },
  {
    name: 'paused',
    path: '/positions/live',
    set: { breaker: 'reduce_only' },
    wait: (p) => p.getByRole('article').first(),
    act: async (p) => {
      await p.getByRole('button', { name: /^Resume/ }).click()
      await p.getByRole('dialog').waitFor()
    },
    dialog: true,
  },
]

async function inspect(page, name, dialog, phone) {
  await page.evaluate(AXE)
  const found = await page.evaluate(
    (rules) => axe.run(document, { runOnly: rules }).then((result) => result.violations),
    RULES,
  )
  for (const one of found)
    fault(
      name,
      `axe ${one.id} ×${one.nodes.length}: ${one.nodes[0].html.slice(0, 140)} ${one.nodes[0].any[0]?.message ?? ''}`,
    )
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
  if (wide > 0) fault(name, `scrolls sideways by ${wide} px`)
  const least = phone ? 44 : 24
  const small = await page.evaluate((px) => {
    const inline = (e) => e.tagName === 'A' && getComputedStyle(e).display === 'inline'
    return [...document.querySelectorAll('button,a,input:not([type=checkbox]),select,summary')]
      .filter((e) => {
        const r = e.getBoundingClientRect()
        return (
          r.width > 1 &&
          r.height > 1 &&
          !inline(e) &&
          (r.height < px || (px === 24 && r.width < px)) &&
          !e.closest('[aria-hidden]') &&
          !/after:absolute/.test(e.className)
        )
      })
      .map(
        (e) =>
          `${(e.getAttribute('aria-label') ?? e.textContent).slice(0, 30)} ${Math.round(e.getBoundingClientRect().width)}×${Math.round(e.getBoundingClientRect().height)}`,
      )
  }, least)
  if (small.length > 0) fault(name, `targets under ${least} px: ${small.slice(0, 6).join(' | ')}`)
  if (!dialog) return
  const topmost = await page.evaluate(() => {
    const d = [...document.querySelectorAll('[role=dialog],[role=alertdialog]')].at(-1)
    const r = d.getBoundingClientRect()
    return [0.1, 0.5, 0.9].every((x) =>
      [0.1, 0.5, 0.9].every((y) => d.contains(document.elementFromPoint(r.left + r.width * x, r.top + r.height * y))),
    )
  })
  if (!topmost) fault(name, 'the dialog is not on top at nine points')
}

mkdirSync(OUT, { recursive: true })
const { port, close } = await serve()
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ARGS })
for (const theme of ['dark', 'light']) {
  for (const [size, viewport] of Object.entries(SIZES)) {
    const phone = size === 'phone'
    const context = await browser.newContext({
      viewport,
      colorScheme: theme,
      hasTouch: phone,
      isMobile: phone,
      deviceScaleFactor: phone ? 2 : 1,
      timezoneId: 'Europe/Berlin',
      reducedMotion: 'reduce',
    })
    for (const one of PAGES) {
      if (ONLY && !one.name.includes(ONLY)) continue
      const name = `${one.name}_${size}_${theme}`
      Object.assign(stage, {
        signedIn: !one.out,
        empty: false,
        fail: false,
        mute: false,
        breaker: 'active',
        ...one.set,
      })
      const page = await context.newPage()
      page.on('pageerror', (error) => fault(name, `page error: ${error.message}`))
      page.on(
        'console',
        (message) =>
          message.type() === 'error' &&
          !one.noise &&
          !/401|422/.test(message.text()) &&
          fault(name, `console: ${message.text()}`),
      )
      try {
        await page.goto(`http://127.0.0.1:${port}${one.path}`)
        await (one.wait?.(page) ?? page.getByRole('main')).waitFor({ timeout: 12_000 })
        await one.act?.(page)
        await page.waitForTimeout(600)
        await page.screenshot({ path: `${OUT}/${name}.png` })
        await inspect(page, name, one.dialog, phone)
        if (!one.dialog) await page.screenshot({ path: `${OUT}/${name}_full.png`, fullPage: true })
      } catch (error) {
        fault(name, error.message.split('\n')[0])
        await page.screenshot({ path: `${OUT}/${name}.png` })
      }
      await page.close()
    }
    await context.close()
  }
}
await browser.close()
close()
console.log(faults === 0 ? `no faults; pictures in ${OUT}` : `${faults} faults; pictures in ${OUT}`)
process.exit(faults === 0 ? 0 : 1)
