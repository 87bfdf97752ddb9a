import type { IconName } from '@/ui/icons'

type Page = { to: string; title: string; short: string; icon: IconName }

const POSITIONS = { to: '/positions/live', title: 'Live positions', short: 'Positions', icon: 'positions' } as const
const JOURNAL = { to: '/trade-journal', title: 'Trade journal', short: 'Journal', icon: 'journal' } as const
const ANALYTICS = { to: '/analytics', title: 'Analytics', short: 'Analytics', icon: 'analytics' } as const
const WALLETS = { to: '/wallets', title: 'Wallets', short: 'Wallets', icon: 'wallet' } as const
const RISK = { to: '/risk-management', title: 'Risk management', short: 'Risk', icon: 'risk' } as const
const ALERTS = { to: '/alerts', title: 'Alerts', short: 'Alerts', icon: 'bell' } as const
const ACCOUNT = { to: '/account', title: 'Account', short: 'Account', icon: 'account' } as const

/** The pages of the phone's bar; analytics and alerts stand by the bell there. */
export const PAGES = [POSITIONS, JOURNAL, WALLETS, RISK, ACCOUNT] as const satisfies readonly Page[]

/** Every page, in the order of the desk's navigation. */
export const SIDE_PAGES = [
  POSITIONS,
  JOURNAL,
  ANALYTICS,
  WALLETS,
  RISK,
  ALERTS,
  ACCOUNT,
] as const satisfies readonly Page[]

/** For administrators alone. */
export const ADMIN_PAGE = { to: '/admin', title: 'Administration', short: 'Admin', icon: 'lock' } as const

export function titleOf(path: string): string {
  return [...SIDE_PAGES, ADMIN_PAGE].find((page) => path.startsWith(page.to))?.title ?? 'StackAlpha'
}
