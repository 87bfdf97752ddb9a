import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { call } from '@/lib/api/call'
import { keys } from '@/lib/api/queries'
import type { Account } from '@/lib/api/types'
import { dateTime } from '@/lib/format/time'
import { plural } from '@/lib/format/words'
import { byField } from '@/lib/forms'
import { useZone } from '@/lib/preferences/zone'
import { Button } from '@/ui/Button'
import { FormError } from '@/ui/ErrorState'
import { TextField } from '@/ui/Field'
import { DialogActions, Modal } from '@/ui/Modal'
import { Panel } from '@/ui/Panel'

function DeletionDialog({ account, onClose }: { readonly account: Account; readonly onClose: () => void }) {
  const client = useQueryClient()
  const [typed, setTyped] = useState('')
  const ask = useMutation({
    mutationFn: () => call('POST /account/deletion', { body: { email: typed } }),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: keys.account })
      void client.invalidateQueries({ queryKey: keys.wallets })
      onClose()
    },
  })
  const { known } = byField(ask.error, ['email'])
  return (
    <Modal
      open
      onClose={onClose}
      role="alertdialog"
      title="Delete this account"
      description="Auto-trading stops at once. After the days of grace every row of yours is erased for ever: wallets, keys, trades, journal. Export your data first."
    >
      <form
        noValidate
        className="mt-3 space-y-3"
        onSubmit={(event) => {
          event.preventDefault()
          ask.mutate()
        }}
      >
        <TextField
          label={`Type ${account.email} to confirm`}
          autoComplete="off"
          spellCheck={false}
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
          error={known.get('email')}
        />
        {ask.error && known.size === 0 && <FormError error={ask.error} />}
        <DialogActions>
          <Button onClick={onClose}>Keep the account</Button>
          <Button
            kind="danger"
            type="submit"
            disabled={typed.trim().toLowerCase() !== account.email.toLowerCase()}
            pending={ask.isPending}
            pendingText="Asking…"
          >
            Delete account
          </Button>
        </DialogActions>
      </form>
    </Modal>
  )
}

export function Deletion({ account }: { readonly account: Account }) {
  const zone = useZone()
  const client = useQueryClient()
  const [asking, setAsking] = useState(false)
  const keep = useMutation({
    mutationFn: () => call('DELETE /account/deletion'),
    onSuccess: () => void client.invalidateQueries({ queryKey: keys.account }),
  })
  const open = account.open_positions
  return (
    <Panel title="Delete account">
      <div className="space-y-3 p-3">
        {account.deletion_due_at ? (
          <>
            <p role="status" className="font-semibold text-crit">
              ‼ Everything is erased on {dateTime(account.deletion_due_at, zone)}.
            </p>
            <Button kind="primary" onClick={() => keep.mutate()} pending={keep.isPending} pendingText="Keeping…">
              Keep my account
            </Button>
          </>
        ) : (
          <>
            <p className="text-mid">
              {open > 0
                ? `${plural(open, 'position')} ${open === 1 ? 'is' : 'are'} open: close first, then the account can be deleted.`
                : 'Nothing is open. There are days of grace in which you can think better of it.'}
            </p>
            <Button disabled={open > 0} onClick={() => setAsking(true)}>
              Delete account…
            </Button>
          </>
        )}
        {keep.error && <FormError error={keep.error} />}
      </div>
      {asking && <DeletionDialog account={account} onClose={() => setAsking(false)} />}
    </Panel>
  )
}
