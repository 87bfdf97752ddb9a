import { createFileRoute, redirect } from '@tanstack/react-router'
import { AppShell } from '@/app/AppShell'
import { renew, sessionState } from '@/lib/api/session'

export const Route = createFileRoute('/_app')({
  component: AppShell,
  beforeLoad: async ({ location }) => {
    const state = sessionState()
    if (state === 'signed-in' || state === 'expired') return
    if (state === 'unknown' && (await renew())) return
    throw redirect({ to: '/sign-in', search: { next: location.href } })
  },
})
