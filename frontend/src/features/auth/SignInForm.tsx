import { useMutation } from '@tanstack/react-query'
import { useRef } from 'react'
import { call } from '@/lib/api/call'
import { ApiProblem } from '@/lib/api/problem'
import { adopt } from '@/lib/api/session'
import { byField, focusFirstInvalid } from '@/lib/forms'
import { Button } from '@/ui/Button'
import { FormError } from '@/ui/ErrorState'
import { TextField } from '@/ui/Field'
import { PasswordField } from './PasswordField'

interface Props {
  readonly email?: string
  readonly onSignedIn?: () => void
}

/** E-mail and password; one message for whichever was wrong. */
export function SignInForm({ email = '', onSignedIn }: Props) {
  const form = useRef<HTMLFormElement>(null)
  const signIn = useMutation({
    mutationFn: (body: { email: string; password: string }) => call('POST /auth/sign-in', { body }),
    onSuccess: (session) => {
      adopt(session)
      onSignedIn?.()
    },
    onError: () => focusFirstInvalid(form.current),
  })
  const { known } = byField(signIn.error, ['email', 'password'])
  const unverified = signIn.error instanceof ApiProblem && signIn.error.code === 'email_unverified'
  return (
    <form
      ref={form}
      noValidate
      className="space-y-3"
      onSubmit={(event) => {
        event.preventDefault()
        const data = new FormData(event.currentTarget)
        signIn.mutate({ email: String(data.get('email')).trim(), password: String(data.get('password')) })
      }}
    >
      {signIn.error && known.size === 0 && <FormError error={signIn.error} />}
      {unverified && <p className="text-mid">Open the link in the message we sent you, then sign in.</p>}
      <TextField
        label="E-mail"
        name="email"
        type="email"
        autoComplete="username"
        defaultValue={email}
        required
        error={known.get('email')}
      />
      <PasswordField
        label="Password"
        name="password"
        autoComplete="current-password"
        required
        error={known.get('password')}
      />
      <Button kind="primary" type="submit" className="w-full" pending={signIn.isPending} pendingText="Signing in…">
        Sign in
      </Button>
    </form>
  )
}
