import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { call } from '@/lib/api/call'
import { keys } from '@/lib/api/queries'
import { Button } from '@/ui/Button'
import { FormError } from '@/ui/ErrorState'
import { TextField } from '@/ui/Field'
import { DialogActions, Modal } from '@/ui/Modal'
import { toast } from '@/ui/Toast'

interface Props {
  readonly services: ReadonlyArray<string>
  readonly onClose: () => void
}

/** The address of a message service. It holds credentials: typed like a password, never shown again. */
export function ServiceDialog({ services, onClose }: Props) {
  const client = useQueryClient()
  const [address, setAddress] = useState('')
  const save = useMutation({
    mutationFn: () => call('PUT /notifications/message-service', { body: { address: address.trim() } }),
    onSuccess: (settings) => {
      client.setQueryData(keys.notificationSettings, settings)
      toast('The message service is linked.')
      onClose()
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    save.mutate()
  }
  return (
    <Modal
      open
      onClose={onClose}
      title="Link SMS or another message service"
      description="By the service's own account of yours, which bills you for its messages."
    >
      <form onSubmit={submit} className="mt-3">
        <TextField
          label="Address of the service"
          type="password"
          autoComplete="off"
          required
          maxLength={500}
          value={address}
          onChange={(event) => setAddress(event.target.value)}
          hint={`As Apprise writes it, for example twilio://account:token@from/to. Services here: ${services.join(', ')}. It is kept sealed and never shown again.`}
        />
        {save.error && <FormError error={save.error} />}
        <DialogActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" disabled={address.trim() === ''} pending={save.isPending}>
            Link
          </Button>
        </DialogActions>
      </form>
    </Modal>
  )
}
