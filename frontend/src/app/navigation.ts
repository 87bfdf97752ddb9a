import type { IconName } from '@/ui/icons'

/** The pages that exist, in the order of the navigation. */
export const PAGES = [
  { to: '/positions/live', title: 'Live positions', short: 'Positions', icon: 'positions' },
  { to: '/trade-journal', title: 'Trade journal', short: 'Journal', icon: 'journal' },
  { to: '/wallets', title: 'Wallets', short: 'Wallets', icon: 'wallet' },
  { to: '/risk-management', title: 'Risk management', short: 'Risk', icon: 'risk' },
  { to: '/account', title: 'Account', short: 'Account', icon: 'account' },
] as const satisfies ReadonlyArray<{ to: string; title: string; short: string; icon: IconName }>

/** Pages that the phone's bar has no room for: beside the others on a desk, by the bell everywhere. */
export const SIDE_PAGES = [
  ...PAGES,
  { to: '/analytics', title: 'Analytics', short: 'Analytics', icon: 'analytics' },
  { to: '/alerts', title: 'Alerts', short: 'Alerts', icon: 'bell' },
] as const satisfies ReadonlyArray<{ to: string; title: string; short: string; icon: IconName }>

/** For administrators alone. */
export const ADMIN_PAGE = { to: '/admin', title: 'Administration', short: 'Admin', icon: 'lock' } as const

export function titleOf(path: string): string {
  return [...SIDE_PAGES, ADMIN_PAGE].find((page) => path.startsWith(page.to))?.title ?? 'StackAlpha'
}
