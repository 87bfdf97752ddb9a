import { Button } from '@/ui/Button'
import { FormError } from '@/ui/ErrorState'
import { DialogActions, Modal } from '@/ui/Modal'

interface Props {
  readonly error: unknown
  readonly pending: boolean
  readonly onClose: () => void
  readonly onConfirm: () => void
}

export function ResetDialog({ error, pending, onClose, onConfirm }: Props) {
  return (
    <Modal
      open
      onClose={onClose}
      title="Restore the default settings"
      description="Every limit goes back to its default. Where yours is stricter, this raises risk and waits until tomorrow."
    >
      {error !== null && (
        <div className="mt-3">
          <FormError error={error} />
        </div>
      )}
      <DialogActions>
        <Button onClick={onClose}>Keep my settings</Button>
        <Button kind="primary" onClick={onConfirm} pending={pending} pendingText="Restoring…">
          Restore defaults
        </Button>
      </DialogActions>
    </Modal>
  )
}
