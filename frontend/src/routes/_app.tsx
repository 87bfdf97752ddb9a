import { createFileRoute, redirect } from '@tanstack/react-router'
import { AppShell } from '@/app/AppShell'
import { renew, sessionState, wasSignedIn } from '@/lib/api/session'

export const Route = createFileRoute('/_app')({
  component: AppShell,
  beforeLoad: async ({ location }) => {
    const state = sessionState()
    if (state === 'signed-in' || state === 'expired') return
    if (state === 'unknown' && wasSignedIn()) {
      // The shell stands while the server is asked, and leaves for the sign-in where it says no.
      renew().catch(() => undefined)
      return
    }
    if (state === 'unknown' && (await renew())) return
    throw redirect({ to: '/sign-in', search: { next: location.href } })
  },
})
