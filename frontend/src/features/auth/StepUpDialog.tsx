import { useMutation, useQuery } from '@tanstack/react-query'
import { useRef } from 'react'
import { call } from '@/lib/api/call'
import { securityQuery } from '@/lib/api/queries'
import { answerProof } from '@/lib/api/step-up'
import { byField, focusFirstInvalid } from '@/lib/forms'
import { Button } from '@/ui/Button'
import { FormError } from '@/ui/ErrorState'
import { DialogActions, Modal } from '@/ui/Modal'
import { Skeleton } from '@/ui/Skeleton'
import { CodeField } from './CodeField'
import { PasswordField } from './PasswordField'

/** Who sits there: the authenticator's code, or the password where there is no second factor. */
export function StepUpDialog() {
  const form = useRef<HTMLFormElement>(null)
  const security = useQuery(securityQuery)
  const prove = useMutation({
    mutationFn: (body: { code?: string; password?: string }) => call('POST /auth/step-up', { body }),
    onSuccess: () => answerProof(true),
    onError: () => focusFirstInvalid(form.current),
  })
  const { known } = byField(prove.error, ['code', 'password'])
  const asksCode = security.data?.two_factor.enabled
  return (
    <Modal
      open
      onClose={() => answerProof(false)}
      title="Show that it is you"
      description="What you asked for can raise risk or open the account. Nothing has been done yet."
    >
      {security.isPending && <Skeleton label="Loading" rows={2} />}
      {security.error && <FormError error={security.error} />}
      {asksCode !== undefined && (
        <form
          ref={form}
          noValidate
          className="mt-3 space-y-3"
          onSubmit={(event) => {
            event.preventDefault()
            const data = new FormData(event.currentTarget)
            const name = asksCode ? 'code' : 'password'
            prove.mutate({ [name]: String(data.get(name)).trim() })
          }}
        >
          {prove.error && known.size === 0 && <FormError error={prove.error} />}
          {asksCode ? (
            <CodeField error={known.get('code')} />
          ) : (
            <PasswordField
              label="Password"
              name="password"
              autoComplete="current-password"
              required
              error={known.get('password')}
            />
          )}
          <DialogActions>
            <Button onClick={() => answerProof(false)}>Leave it</Button>
            <Button kind="primary" type="submit" pending={prove.isPending} pendingText="Checking…">
              Continue
            </Button>
          </DialogActions>
        </form>
      )}
    </Modal>
  )
}

export default StepUpDialog
