import { cx } from './classes'

/** Grey boxes of the size of what is coming; said once to a screen reader. */
export function Skeleton({ label, rows = 3, className }: { label: string; rows?: number; className?: string }) {
  const widths = ['w-3/4', 'w-full', 'w-5/6', 'w-2/3', 'w-11/12']
  return (
    <div role="status" className={cx('space-y-3 p-3', className)}>
      <span className="sr-only">{label}</span>
      {Array.from({ length: rows }, (_, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: rows of a skeleton have no identity
        <div key={row} aria-hidden="true" className={cx('skeleton h-4', widths[row % widths.length])} />
      ))}
    </div>
  )
}

export function CardSkeletons({ label, cards, className }: { label: string; cards: number; className?: string }) {
  return (
    <div role="status" className={className}>
      <span className="sr-only">{label}</span>
      {Array.from({ length: cards }, (_, card) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: cards of a skeleton have no identity
        <div key={card} aria-hidden="true" className="space-y-3 rounded-md border border-line bg-s1 p-3">
          <div className="skeleton h-5 w-1/2" />
          <div className="skeleton h-6 w-2/3" />
          <div className="skeleton h-8 w-full" />
          <div className="skeleton h-16 w-full" />
        </div>
      ))}
    </div>
  )
}
