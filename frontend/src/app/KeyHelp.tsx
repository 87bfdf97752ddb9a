import { useState } from 'react'
import { useCommands } from '@/lib/commands'
import { Button } from '@/ui/Button'
import { DialogActions, Modal } from '@/ui/Modal'
import { Switch } from '@/ui/Switch'
import { setSingleKeys, singleKeysAreOn } from './hotkeys'
import { Keys } from './Keys'

const OTHERS = [
  ['Commands', 'Ctrl+K'],
  ['Filter the list', '/'],
  ['Next and previous row', 'J K'],
  ['Open the row', 'Enter'],
  ['This list', '?'],
] as const

/** Every key, and the switch for those that are a single letter. */
export default function KeyHelp({ onClose }: { readonly onClose: () => void }) {
  const [on, setOn] = useState(singleKeysAreOn)
  const commands = useCommands().flatMap((one) => (one.keys === undefined ? [] : [[one.title, one.keys] as const]))
  return (
    <Modal open onClose={onClose} title="Keys">
      <dl className="mt-3 grid gap-x-6 gap-y-1 sm:grid-cols-2">
        {[...commands, ...OTHERS].map(([title, keys]) => (
          <div key={title} className="flex min-h-6 items-center justify-between gap-3">
            <dt>{title}</dt>
            <dd>
              <Keys keys={keys} />
            </dd>
          </div>
        ))}
      </dl>
      <Switch
        className="mt-3"
        label="Single keys"
        hint="Off, only keys with Ctrl, Cmd or Alt do something."
        checked={on}
        onChange={(event) => {
          setSingleKeys(event.target.checked)
          setOn(event.target.checked)
        }}
      />
      <DialogActions>
        <Button onClick={onClose}>Close</Button>
      </DialogActions>
    </Modal>
  )
}
