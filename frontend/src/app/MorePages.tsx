import { Link } from '@tanstack/react-router'
import { Icon } from '@/ui/icons'
import { Modal } from '@/ui/Modal'
import type { Page } from './navigation'

/** The pages that have no place in the phone's bar. */
export default function MorePages(props: { readonly pages: ReadonlyArray<Page>; readonly onClose: () => void }) {
  return (
    <Modal open onClose={props.onClose} title="More pages">
      <nav aria-label="More" className="mt-2 grid">
        {props.pages.map((page) => (
          <Link
            key={page.to}
            to={page.to}
            onClick={props.onClose}
            className="flex min-h-12 items-center gap-3 rounded px-2 text-sm hover:bg-s2"
            activeProps={{ className: 'bg-s3 font-semibold', 'aria-current': 'page' }}
          >
            <Icon name={page.icon} size={20} />
            {page.title}
          </Link>
        ))}
      </nav>
    </Modal>
  )
}
