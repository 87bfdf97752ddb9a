import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { Suspense, useCallback, useState } from 'react'
import { meQuery } from '@/lib/api/queries'
import { useCommand } from '@/lib/commands'
import { Button } from '@/ui/Button'
import { Icon } from '@/ui/icons'
import { part } from '@/ui/part'
import { useHotkeys } from './hotkeys'
import { ADMIN_PAGE, LETTERS, type Page, pagesOf } from './navigation'

const CommandPalette = part(() => import('./CommandPalette'))
const KeyHelp = part(() => import('./KeyHelp'))

function GoTo({ page }: { readonly page: Page }) {
  const navigate = useNavigate()
  useCommand({
    id: `go ${page.to}`,
    title: page.title,
    group: 'Go to',
    keys: `G then ${LETTERS[page.to].toUpperCase()}`,
    run: () => void navigate({ to: page.to }),
  })
  return null
}

/** The palette's button, the palette and the keys of the whole app. */
export function Commands() {
  const [open, setOpen] = useState<'palette' | 'help' | null>(null)
  const me = useQuery(meQuery)
  const navigate = useNavigate()
  const pages = pagesOf(me.data?.role)
  const admin = me.data?.role === 'admin'
  const openPalette = useCallback(() => setOpen('palette'), [])
  const openHelp = useCallback(() => setOpen('help'), [])
  const close = useCallback(() => setOpen(null), [])
  const go = useCallback(
    (letter: string) => {
      const page = pagesOf(admin ? ADMIN_PAGE.role : undefined).find((one) => LETTERS[one.to] === letter)
      if (page) void navigate({ to: page.to })
    },
    [admin, navigate],
  )
  useHotkeys({ openPalette, openHelp, go })
  useCommand({ id: 'keys', title: 'Show the keys', group: 'Do', keys: '?', run: openHelp })
  return (
    <>
      {pages.map((page) => (
        <GoTo key={page.to} page={page} />
      ))}
      <Button
        kind="quiet"
        aria-label="Commands"
        aria-haspopup="dialog"
        aria-keyshortcuts="Control+K Meta+K"
        title="Commands (Ctrl+K)"
        className="hidden! px-2 md:inline-flex!"
        onClick={openPalette}
      >
        <Icon name="search" />
      </Button>
      {open !== null && (
        <Suspense fallback={null}>
          {open === 'palette' ? <CommandPalette onClose={close} /> : <KeyHelp onClose={close} />}
        </Suspense>
      )}
    </>
  )
}
