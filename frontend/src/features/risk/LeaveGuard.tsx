import { useBlocker } from '@tanstack/react-router'
import { Button } from '@/ui/Button'
import { DialogActions, Modal } from '@/ui/Modal'

/** Leaving the page with unsaved changes is asked about. */
export function LeaveGuard({ dirty }: { readonly dirty: boolean }) {
  const { status, proceed, reset } = useBlocker({
    shouldBlockFn: ({ current, next }) => dirty && current.pathname !== next.pathname,
    enableBeforeUnload: dirty,
    withResolver: true,
  })
  if (status !== 'blocked') return null
  return (
    <Modal
      open
      onClose={reset}
      title="Leave without saving"
      description="Your changes to the risk settings are not saved."
    >
      <DialogActions>
        <Button onClick={proceed}>Leave and discard</Button>
        <Button kind="primary" onClick={reset}>
          Stay on the page
        </Button>
      </DialogActions>
    </Modal>
  )
}
