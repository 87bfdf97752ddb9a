import { Dialog } from '@base-ui/react/dialog'
import type { ReactNode } from 'react'
import { cx } from './classes'
import { Icon } from './icons'

interface Props {
  readonly open: boolean
  readonly onClose: () => void
  readonly title: string
  readonly description?: ReactNode
  readonly children: ReactNode
  readonly role?: 'dialog' | 'alertdialog'
}

/** A centred dialog. Escape and the backdrop cancel; focus goes in and comes back. */
export function Modal({ open, onClose, title, description, children, role = 'dialog' }: Props) {
  return (
    <Dialog.Root
      open={open}
      onOpenChange={(next) => !next && onClose()}
      disablePointerDismissal={role === 'alertdialog'}
    >
      <Dialog.Portal>
        <Dialog.Backdrop className="fixed inset-0 z-40 bg-backdrop" />
        <Dialog.Popup
          role={role}
          className="fixed top-1/2 left-1/2 z-50 max-h-[92dvh] w-[min(32rem,calc(100vw-1.5rem))] -translate-x-1/2 -translate-y-1/2 overflow-auto rounded-lg border border-line-strong bg-s1 p-4 text-fg outline-none"
        >
          <Dialog.Title className="text-base font-semibold">{title}</Dialog.Title>
          {description && <Dialog.Description className="mt-1 text-mid">{description}</Dialog.Description>}
          {children}
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  )
}

interface DrawerProps {
  readonly open: boolean
  readonly onClose: () => void
  readonly title: ReactNode
  readonly aside?: ReactNode
  readonly children: ReactNode
  readonly wide?: boolean
}

/** A panel from the right edge; the whole screen on a phone. */
export function Drawer({ open, onClose, title, aside, children, wide = false }: DrawerProps) {
  return (
    <Dialog.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="fixed inset-0 z-40 bg-backdrop" />
        <Dialog.Popup
          className={cx(
            'fixed inset-y-0 right-0 z-50 flex w-full flex-col border-l border-line-strong bg-bg text-fg outline-none',
            wide ? 'md:w-[min(60rem,92vw)]' : 'md:w-[min(36rem,92vw)]',
          )}
        >
          <header className="flex shrink-0 items-center gap-3 border-b border-line bg-s1 px-4 py-2">
            <Dialog.Title className="flex min-w-0 flex-1 flex-wrap items-center gap-2 text-base font-semibold">
              {title}
            </Dialog.Title>
            {aside}
            <Dialog.Close
              aria-label="Close panel"
              className="inline-flex size-8 items-center justify-center rounded text-mid hover:bg-s3 hover:text-fg pointer-coarse:size-11"
            >
              <Icon name="close" />
            </Dialog.Close>
          </header>
          <div className="min-h-0 flex-1 overflow-auto p-3" tabIndex={0} role="region" aria-label="Details">
            {children}
          </div>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  )
}

export function DialogActions({ children }: { readonly children: ReactNode }) {
  return <div className="mt-4 flex flex-wrap justify-end gap-2">{children}</div>
}
