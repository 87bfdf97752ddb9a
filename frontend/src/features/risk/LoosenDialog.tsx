import { useState } from 'react'
import { Button } from '@/ui/Button'
import { TextField } from '@/ui/Field'
import { DialogActions, Modal } from '@/ui/Modal'
import { ChangeList } from './SaveBar'
import type { Change } from './settings-form'

const PHRASE = 'NO LIMIT'

interface Props {
  readonly changes: ReadonlyArray<Change>
  readonly onClose: () => void
  readonly onConfirm: (consent: string | null) => void
}

/** Raising risk is confirmed with its diff; taking a limit away is typed. */
export function LoosenDialog({ changes, onClose, onConfirm }: Props) {
  const [typed, setTyped] = useState('')
  const removes = changes.some((change) => change.removesLimit)
  const ready = !removes || typed.trim() === PHRASE
  return (
    <Modal
      open
      onClose={onClose}
      title="Loosen limits"
      description="These changes let trading risk more than now. They wait until your next day begins, and longer while a loss limit is tripped; until then you can cancel them."
    >
      <form
        className="mt-3 space-y-3"
        onSubmit={(event) => {
          event.preventDefault()
          if (ready) onConfirm(removes ? typed.trim() : null)
        }}
      >
        <ChangeList changes={changes.filter((change) => change.effect === 'loosens')} />
        {removes && (
          <TextField
            label={`Type ${PHRASE} to trade without a limit of your own`}
            autoComplete="off"
            spellCheck={false}
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
          />
        )}
        <DialogActions>
          <Button onClick={onClose}>Keep the limits</Button>
          <Button kind="primary" type="submit" disabled={!ready}>
            Loosen limits
          </Button>
        </DialogActions>
      </form>
    </Modal>
  )
}
