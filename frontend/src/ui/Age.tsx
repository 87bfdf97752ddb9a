import { ago } from '@/lib/format/time'
import { useNow } from '@/lib/preferences/now'

/** How long ago it was: the one part of a row that the clock writes anew. */
export function Age({ at, className }: { readonly at: string; readonly className: string }) {
  const now = useNow()
  return (
    <time dateTime={at} className={className}>
      {ago(at, now)}
    </time>
  )
}
