import { useQuery } from '@tanstack/react-query'
import { Link, useLocation } from '@tanstack/react-router'
import { Suspense, useCallback, useState } from 'react'
import { meQuery } from '@/lib/api/queries'
import { cx } from '@/ui/classes'
import { Icon } from '@/ui/icons'
import { part } from '@/ui/part'
import { PAGES, pagesOf } from './navigation'

const MorePages = part(() => import('./MorePages'))
const PLACE = 'flex min-h-14 flex-col items-center justify-center gap-0.5 text-2xs text-mid'
const HERE = 'font-semibold text-fg! shadow-[inset_0_2px_0_var(--fg)]'

export function SideNavigation() {
  const me = useQuery(meQuery)
  return (
    <nav aria-label="Main" className="sticky top-0 hidden h-dvh flex-col border-r border-line bg-s1 p-2 lg:flex">
      <p className="flex items-center gap-2 px-2 py-2 text-sm font-semibold">
        <img src="/icon.svg" alt="" loading="lazy" width="22" height="22" className="rounded" />
        StackAlpha
      </p>
      {pagesOf(me.data?.role).map((page) => (
        <Link
          key={page.to}
          to={page.to}
          activeOptions={{ exact: page.to === '/' }}
          className="flex min-h-control items-center gap-2 rounded px-2 text-mid hover:bg-s2 hover:text-fg"
          activeProps={{ className: 'bg-s3 font-semibold text-fg!', 'aria-current': 'page' }}
        >
          <Icon name={page.icon} />
          {page.title}
        </Link>
      ))}
      <p className="mt-auto px-2 py-2 text-2xs text-low">
        Stops and limits run on the server, whether this page is open or not.
      </p>
    </nav>
  )
}

export function BottomNavigation() {
  const me = useQuery(meQuery)
  const { pathname } = useLocation()
  const [open, setOpen] = useState(false)
  const close = useCallback(() => setOpen(false), [])
  const others = pagesOf(me.data?.role).filter((page) => !PAGES.some((one) => one.to === page.to))
  const elsewhere = others.some((page) => pathname.startsWith(page.to))
  return (
    <nav
      aria-label="Main"
      className="fixed inset-x-0 bottom-0 z-20 grid grid-cols-5 border-t border-line bg-s1 pb-[env(safe-area-inset-bottom)] lg:hidden"
    >
      {PAGES.map((page) => (
        <Link
          key={page.to}
          to={page.to}
          activeOptions={{ exact: page.to === '/' }}
          className={PLACE}
          activeProps={{ className: HERE, 'aria-current': 'page' }}
        >
          <Icon name={page.icon} size={20} />
          {page.short}
        </Link>
      ))}
      <button
        type="button"
        aria-haspopup="dialog"
        onClick={() => setOpen(true)}
        className={cx(PLACE, elsewhere && HERE)}
      >
        <Icon name="more" size={20} />
        More
      </button>
      {open && (
        <Suspense fallback={null}>
          <MorePages pages={others} onClose={close} />
        </Suspense>
      )}
    </nav>
  )
}
