import type { IconName } from '@/ui/icons'

interface PageShape {
  to: string
  title: string
  short: string
  icon: IconName
}

const OVERVIEW = { to: '/', title: 'Overview', short: 'Overview', icon: 'overview' } as const
const POSITIONS = { to: '/positions/live', title: 'Live positions', short: 'Positions', icon: 'positions' } as const
const JOURNAL = { to: '/trade-journal', title: 'Trade journal', short: 'Journal', icon: 'journal' } as const
const ANALYTICS = { to: '/analytics', title: 'Analytics', short: 'Analytics', icon: 'analytics' } as const
const REPORTS = { to: '/reports', title: 'Reports', short: 'Reports', icon: 'report' } as const
const WALLETS = { to: '/wallets', title: 'Wallets', short: 'Wallets', icon: 'wallet' } as const
const RISK = { to: '/risk-management', title: 'Risk management', short: 'Risk', icon: 'risk' } as const
const ALERTS = { to: '/alerts', title: 'Alerts', short: 'Alerts', icon: 'bell' } as const
const ACCOUNT = { to: '/account', title: 'Account', short: 'Account', icon: 'account' } as const

/** The pages of the phone's bar; every other one is behind its last place, "More". */
export const PAGES = [OVERVIEW, POSITIONS, RISK, JOURNAL] as const satisfies readonly PageShape[]

/** Every page, in the order of the desk's navigation. */
export const SIDE_PAGES = [
  OVERVIEW,
  POSITIONS,
  JOURNAL,
  ANALYTICS,
  REPORTS,
  WALLETS,
  RISK,
  ALERTS,
  ACCOUNT,
] as const satisfies readonly PageShape[]

/** For administrators alone. */
export const ADMIN_PAGE = {
  to: '/admin',
  title: 'Administration',
  short: 'Admin',
  icon: 'lock',
  role: 'admin',
} as const

export type Page = (typeof SIDE_PAGES)[number] | typeof ADMIN_PAGE

/** The letter that goes to a page after G. */
export const LETTERS: Readonly<Record<Page['to'], string>> = {
  '/': 'o',
  '/positions/live': 'p',
  '/trade-journal': 'j',
  '/analytics': 'a',
  '/reports': 'm',
  '/wallets': 'w',
  '/risk-management': 'r',
  '/alerts': 'l',
  '/account': 'c',
  '/admin': 'd',
}

/** The pages somebody of that role may open. */
export function pagesOf(role: string | undefined): ReadonlyArray<Page> {
  return role === ADMIN_PAGE.role ? [...SIDE_PAGES, ADMIN_PAGE] : SIDE_PAGES
}

export function titleOf(path: string): string {
  const known = [...SIDE_PAGES, ADMIN_PAGE]
  return known.find((page) => (page.to === '/' ? path === '/' : path.startsWith(page.to)))?.title ?? 'StackAlpha'
}
