import { createFileRoute, redirect } from '@tanstack/react-router'

/** Auto-trading is set per wallet, on the wallets' cards: this address leads there. */
export const Route = createFileRoute('/_app/settings/auto-trading')({
  beforeLoad: () => {
    throw redirect({ to: '/wallets', replace: true })
  },
})
