import type { ReactNode } from 'react'

/** Nothing here: why, and what to do next. */
export function EmptyState({ title, children }: { readonly title: string; readonly children?: ReactNode }) {
  return (
    <div className="flex flex-col items-start gap-2 p-4 text-mid">
      <p className="text-sm font-semibold text-fg">{title}</p>
      {children}
    </div>
  )
}
