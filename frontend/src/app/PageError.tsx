import type { ErrorComponentProps } from '@tanstack/react-router'
import { ErrorState } from '@/ui/ErrorState'

/** A page that could not be shown; the shell around it goes on. */
export function PageError({ error, reset }: ErrorComponentProps) {
  return <ErrorState what="This page could not be shown" error={error} onRetry={reset} />
}
