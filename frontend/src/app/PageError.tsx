import { type ErrorComponentProps, useRouter } from '@tanstack/react-router'
import { ErrorState } from '@/ui/ErrorState'

/** A page that could not be shown; trying again loads it anew. */
export function PageError({ error, reset }: ErrorComponentProps) {
  const router = useRouter()
  const retry = () => {
    reset()
    void router.invalidate()
  }
  return <ErrorState what="This page could not be shown" error={error} onRetry={retry} />
}

/** While the session is asked for or a page's code is on its way. */
export function PagePending() {
  return (
    <p role="status" className="p-4 text-mid">
      Loading…
    </p>
  )
}
