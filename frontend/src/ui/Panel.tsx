import { type ReactNode, useId } from 'react'
import { cx } from './classes'

interface Props {
  readonly title: string
  readonly aside?: ReactNode
  readonly children: ReactNode
  readonly className?: string
}

/** A titled region of a page. */
export function Panel({ title, aside, children, className }: Props) {
  const id = useId()
  return (
    <section
      aria-labelledby={id}
      className={cx('flex min-w-0 flex-col rounded-md border border-line bg-s1', className)}
    >
      <header className="flex min-h-9 shrink-0 flex-wrap items-center justify-between gap-2 border-b border-line px-3 py-1">
        <h2 id={id} className="text-xs font-semibold text-mid">
          {title}
        </h2>
        {aside}
      </header>
      {children}
    </section>
  )
}
