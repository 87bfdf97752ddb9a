import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { meQuery } from '@/lib/api/queries'
import { Icon } from '@/ui/icons'
import { ADMIN_PAGE, PAGES, SIDE_PAGES } from './navigation'

export function SideNavigation() {
  const me = useQuery(meQuery)
  const pages = me.data?.role === 'admin' ? [...SIDE_PAGES, ADMIN_PAGE] : SIDE_PAGES
  return (
    <nav aria-label="Main" className="sticky top-0 hidden h-dvh flex-col border-r border-line bg-s1 p-2 lg:flex">
      <p className="flex items-center gap-2 px-2 py-2 text-sm font-semibold">
        <img src="/icon.svg" alt="" width="22" height="22" className="rounded" />
        StackAlpha
      </p>
      {pages.map((page) => (
        <Link
          key={page.to}
          to={page.to}
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
  return (
    <nav
      aria-label="Main"
      className="fixed inset-x-0 bottom-0 z-20 grid grid-cols-5 border-t border-line bg-s1 pb-[env(safe-area-inset-bottom)] lg:hidden"
    >
      {PAGES.map((page) => (
        <Link
          key={page.to}
          to={page.to}
          className="flex min-h-14 flex-col items-center justify-center gap-0.5 text-2xs text-mid"
          activeProps={{ className: 'font-semibold text-fg! shadow-[inset_0_2px_0_var(--fg)]', 'aria-current': 'page' }}
        >
          <Icon name={page.icon} size={20} />
          {page.short}
        </Link>
      ))}
    </nav>
  )
}
