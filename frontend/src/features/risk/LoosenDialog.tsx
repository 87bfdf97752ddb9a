import { useState } from 'react'
import { Button } from '@/ui/Button'
import { FormError } from '@/ui/ErrorState'
import { TextField } from '@/ui/Field'
import { DialogActions, Modal } from '@/ui/Modal'
import { ChangeList } from './ChangeList'
import type { Change } from './settings-form'

const PHRASE = 'NO LIMIT'

interface Props {
  readonly changes: ReadonlyArray<Change>
  readonly title?: string
  readonly act?: string
  readonly error?: unknown
  readonly pending?: boolean
  readonly onClose: () => void
  readonly onConfirm: (consent: string | null) => void
}

/** Raising risk is confirmed with its diff; taking a limit away is typed. */
export function LoosenDialog(props: Props) {
  const { changes, title = 'Loosen limits', act = 'Loosen limits', error, pending = false, onClose, onConfirm } = props
  const [typed, setTyped] = useState('')
  const removes = changes.some((change) => change.removesLimit)
  const loosens = changes.some((change) => change.effect === 'loosens')
  const ready = !removes || typed.trim() === PHRASE
  return (
    <Modal
      open
      onClose={onClose}
      title={title}
      description={
        loosens
          ? 'What loosens lets trading risk more than now. It waits until your next day begins, and longer while a loss limit is tripped; until then you can cancel it.'
          : 'Every change below acts at once.'
      }
    >
      <form
        className="mt-3 space-y-3"
        onSubmit={(event) => {
          event.preventDefault()
          if (ready) onConfirm(removes ? typed.trim() : null)
        }}
      >
        {error !== null && error !== undefined && <FormError error={error} />}
        <ChangeList changes={changes} />
        {removes && (
          <TextField
            label={`Type ${PHRASE} to trade without a limit of your own`}
            hint="The platform’s own limits stay."
            autoComplete="off"
            spellCheck={false}
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
          />
        )}
        <DialogActions>
          <Button onClick={onClose}>Keep the limits</Button>
          <Button kind="primary" type="submit" disabled={!ready} pending={pending} pendingText="Saving…">
            {act}
          </Button>
        </DialogActions>
      </form>
    </Modal>
  )
}
