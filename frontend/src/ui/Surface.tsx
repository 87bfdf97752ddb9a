import type { UseQueryResult } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { cx } from './classes'
import { ErrorState } from './ErrorState'
import { Skeleton } from './Skeleton'

interface Props<Data> {
  readonly query: Pick<UseQueryResult<Data>, 'data' | 'error' | 'isPending' | 'refetch'>
  /** The noun for sentences: "Positions could not be loaded". */
  readonly what: string
  readonly loading?: ReactNode
  readonly children: (data: Data) => ReactNode
  readonly className?: string
}

/** Every data surface: loading, failed (old figures stay, greyed), or there. */
export function Surface<Data>({ query, what, loading, children, className }: Props<Data>) {
  const { data, error, isPending, refetch } = query
  if (isPending && data === undefined) {
    return loading ?? <Skeleton label={`Loading ${what.toLowerCase()}`} />
  }
  return (
    <>
      {error && (
        <ErrorState
          what={`${what} could not be loaded`}
          error={error}
          onRetry={() => void refetch()}
          olderShown={data !== undefined}
        />
      )}
      {data !== undefined && <div className={cx(error && 'grayscale', className)}>{children(data)}</div>}
    </>
  )
}
