import { createFileRoute } from '@tanstack/react-router'
import { VerifyEmailPage } from '@/features/auth/VerifyEmailPage'

export const Route = createFileRoute('/verify-email')({
  validateSearch: (search: Record<string, unknown>): { token?: string } =>
    search.token === undefined ? {} : { token: String(search.token) },
  component: function Page() {
    const { token } = Route.useSearch()
    return <VerifyEmailPage token={token ?? ''} />
  },
})
