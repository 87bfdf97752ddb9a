import { createFileRoute, redirect, useRouter } from '@tanstack/react-router'
import { SignInPage } from '@/features/auth/SignInPage'
import { sessionState } from '@/lib/api/session'

/** Only a path of our own may be gone to after signing in. */
function ownPath(value: unknown): string | undefined {
  return typeof value === 'string' && /^\/(?![/\\])/.test(value) ? value : undefined
}

export const Route = createFileRoute('/sign-in')({
  validateSearch: (search: Record<string, unknown>): { next?: string } => {
    const next = ownPath(search.next)
    return next === undefined ? {} : { next }
  },
  beforeLoad: () => {
    if (sessionState() === 'signed-in') throw redirect({ to: '/' })
  },
  component: function SignIn() {
    const { next } = Route.useSearch()
    const router = useRouter()
    return <SignInPage onSignedIn={() => router.history.push(next ?? '/')} />
  },
})
