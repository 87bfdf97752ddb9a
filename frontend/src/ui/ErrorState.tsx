import { ApiProblem, sentence } from '@/lib/api/problem'
import { Button } from './Button'
import { cx } from './classes'

interface Props {
  /** What could not be done, e.g. "Positions could not be loaded". */
  readonly what: string
  readonly error: unknown
  readonly onRetry?: () => void
  /** Old figures are still on the page below. */
  readonly olderShown?: boolean
  readonly className?: string
}

/** What failed, in the server's words, with the request id to quote and a way to try again. */
export function ErrorState({ what, error, onRetry, olderShown = false, className }: Props) {
  const requestId = error instanceof ApiProblem ? error.requestId : null
  return (
    <div role="alert" className={cx('m-3 rounded border border-crit px-3 py-2', className)}>
      <p className="font-semibold text-crit">
        <span aria-hidden="true">‼ </span>
        {what}
      </p>
      <p className="mt-0.5">{sentence(error)}</p>
      {olderShown && <p className="mt-0.5 text-mid">The figures shown are the last ones received.</p>}
      <div className="mt-2 flex flex-wrap items-center gap-3">
        {onRetry && <Button onClick={onRetry}>Try again</Button>}
        {requestId && (
          <span className="text-2xs text-mid">
            Request <code className="font-mono select-all">{requestId}</code>
          </span>
        )}
      </div>
    </div>
  )
}

/** The same in one line, for forms. */
export function FormError({ error, id }: { readonly error: unknown; readonly id?: string }) {
  if (error === null || error === undefined) return null
  const requestId = error instanceof ApiProblem ? error.requestId : null
  return (
    <div role="alert" id={id} tabIndex={-1} className="rounded border border-crit px-3 py-2 text-crit">
      {sentence(error)}
      {requestId && (
        <span className="block text-2xs text-mid">
          Request <code className="font-mono select-all">{requestId}</code>
        </span>
      )}
    </div>
  )
}
