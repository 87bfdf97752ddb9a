import { useMutation } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useEffect, useRef } from 'react'
import { call } from '@/lib/api/call'
import { buttonClass } from '@/ui/Button'
import { FormError } from '@/ui/ErrorState'
import { AuthFrame } from './AuthFrame'

/** Spends the token of the link once, and says what came of it. */
export function VerifyEmailPage({ token }: { readonly token: string }) {
  const verify = useMutation({ mutationFn: () => call('POST /auth/verify-email', { body: { token } }) })
  const { mutate } = verify
  const sent = useRef(false)
  useEffect(() => {
    if (token !== '' && !sent.current) {
      sent.current = true
      mutate()
    }
  }, [token, mutate])
  return (
    <AuthFrame title="Verify your e-mail">
      {token === '' && <p>This link has no token. Open the link exactly as it stands in the message.</p>}
      {verify.isPending && <p role="status">Verifying…</p>}
      {verify.isSuccess && <p role="status">Your e-mail address is verified. You can sign in.</p>}
      {verify.error && (
        <>
          <FormError error={verify.error} />
          <p className="mt-2 text-mid">
            If you have opened it before, your address is verified: sign in. Otherwise{' '}
            <Link to="/sign-up" className="underline">
              sign up again
            </Link>{' '}
            with the same address, and a new link is sent.
          </p>
        </>
      )}
      <p className="mt-4">
        <Link to="/sign-in" className={buttonClass(verify.isSuccess ? 'primary' : 'plain', 'w-full')}>
          Sign in
        </Link>
      </p>
    </AuthFrame>
  )
}
