import { Fragment, type ReactNode } from 'react'
import { cx } from './classes'

export type Fact = readonly [term: string, value: ReactNode]

/** Terms and figures in two columns. */
export function Facts({ facts, className }: { readonly facts: ReadonlyArray<Fact>; readonly className?: string }) {
  return (
    <dl className={cx('num grid grid-cols-[auto_1fr] gap-x-3 gap-y-0.5 text-xs', className)}>
      {facts.map(([term, value]) => (
        <Fragment key={term}>
          <dt className="text-mid">{term}</dt>
          <dd className="min-w-0 text-right break-words">{value}</dd>
        </Fragment>
      ))}
    </dl>
  )
}
