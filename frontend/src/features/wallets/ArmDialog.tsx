import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { call } from '@/lib/api/call'
import { armingQuery, keys } from '@/lib/api/queries'
import type { Wallet } from '@/lib/api/types'
import { words } from '@/lib/format/words'
import { Button } from '@/ui/Button'
import { FormError } from '@/ui/ErrorState'
import { Facts } from '@/ui/Facts'
import { TextField } from '@/ui/Field'
import { DialogActions, Modal } from '@/ui/Modal'
import { Surface } from '@/ui/Surface'
import { toast } from '@/ui/Toast'

/** Real money is armed with every limit in sight and a typed phrase; disarming is one press on the card. */
export function ArmDialog({ wallet, onClose }: { readonly wallet: Wallet; readonly onClose: () => void }) {
  const client = useQueryClient()
  const [typed, setTyped] = useState('')
  const arming = useQuery(armingQuery(wallet.id))
  const arm = useMutation({
    mutationFn: () =>
      call('POST /wallets/{wallet_id}/arm', { path: { wallet_id: wallet.id }, body: { consent: typed } }),
    onSuccess: () => {
      toast(`${wallet.name} trades real money from now on.`)
      void client.invalidateQueries({ queryKey: keys.wallets })
      onClose()
    },
  })
  return (
    <Modal
      open
      onClose={onClose}
      role="alertdialog"
      title={`Arm ${wallet.name} for live trading`}
      description="Orders of this wallet then cost real money. The venue is asked what its key may do: one that can withdraw is refused."
    >
      <Surface query={arming} what="The limits">
        {(view) => (
          <form
            noValidate
            className="mt-3 space-y-3"
            onSubmit={(event) => {
              event.preventDefault()
              arm.mutate()
            }}
          >
            <div
              className="max-h-56 overflow-auto rounded border border-line p-2"
              tabIndex={0}
              role="region"
              aria-label="Limits that will bind"
            >
              <Facts facts={view.limits.map((limit) => [words(limit.name), limit.value ?? 'No limit of yours'])} />
            </div>
            <TextField
              label={`Type ${view.phrase} to arm`}
              autoComplete="off"
              spellCheck={false}
              value={typed}
              onChange={(event) => setTyped(event.target.value)}
            />
            {arm.error && <FormError error={arm.error} />}
            <DialogActions>
              <Button onClick={onClose}>Leave it unarmed</Button>
              <Button
                kind="danger"
                type="submit"
                disabled={typed.trim() !== view.phrase}
                pending={arm.isPending}
                pendingText="Asking the venue…"
              >
                Arm
              </Button>
            </DialogActions>
          </form>
        )}
      </Surface>
    </Modal>
  )
}
