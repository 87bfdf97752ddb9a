import type { IconName } from '@/ui/icons'

/** The pages that exist, in the order of the navigation. */
export const PAGES = [
  { to: '/positions/live', title: 'Live positions', short: 'Positions', icon: 'positions' },
  { to: '/trade-journal', title: 'Trade journal', short: 'Journal', icon: 'journal' },
  { to: '/wallets', title: 'Wallets', short: 'Wallets', icon: 'wallet' },
  { to: '/risk-management', title: 'Risk management', short: 'Risk', icon: 'risk' },
  { to: '/account', title: 'Account', short: 'Account', icon: 'account' },
] as const satisfies ReadonlyArray<{ to: string; title: string; short: string; icon: IconName }>

export function titleOf(path: string): string {
  return PAGES.find((page) => path.startsWith(page.to))?.title ?? 'StackAlpha'
}
