import { useMutation } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import { call } from '@/lib/api/call'
import { ApiProblem, sentence } from '@/lib/api/problem'
import { adopt } from '@/lib/api/session'
import { byField, focusFirstInvalid } from '@/lib/forms'
import { Button } from '@/ui/Button'
import { FormError } from '@/ui/ErrorState'
import { TextField } from '@/ui/Field'
import { CodeField } from './CodeField'
import { PasswordField } from './PasswordField'

interface Props {
  readonly email?: string
  readonly onSignedIn?: () => void
}

/** E-mail and password, then the code where there is a second factor; one message for whichever was wrong. */
export function SignInForm({ email = '', onSignedIn }: Props) {
  const form = useRef<HTMLFormElement>(null)
  const [asksCode, setAsksCode] = useState(false)
  const signIn = useMutation({
    mutationFn: (body: { email: string; password: string; code?: string }) => call('POST /auth/sign-in', { body }),
    onSuccess: (session) => {
      adopt(session)
      onSignedIn?.()
    },
    onError: (error) => {
      if (error instanceof ApiProblem && error.code === 'two_factor_required') setAsksCode(true)
      else focusFirstInvalid(form.current)
    },
  })
  const needsCode = signIn.error instanceof ApiProblem && signIn.error.code === 'two_factor_required'
  const wrongCode = signIn.error instanceof ApiProblem && signIn.error.code === 'wrong_code'
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
        const typed = String(data.get('code') ?? '').trim()
        signIn.mutate({
          email: String(data.get('email')).trim(),
          password: String(data.get('password')),
          ...(typed === '' ? {} : { code: typed }),
        })
      }}
    >
      {signIn.error && known.size === 0 && !needsCode && !wrongCode && <FormError error={signIn.error} />}
      {unverified && (
        <p className="text-mid">
          Open the link in the message, then sign in. Signing up again with the same address and password sends a new
          one; where StackAlpha runs without a mail server, <code className="font-mono">stackalpha link</code> prints
          it.
        </p>
      )}
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
      {asksCode && (
        <>
          <p role="status" className="text-mid">
            Two-factor sign-in is on: your password was right, now the code.
          </p>
          <CodeField error={wrongCode ? sentence(signIn.error) : undefined} />
        </>
      )}
      <Button kind="primary" type="submit" className="w-full" pending={signIn.isPending} pendingText="Signing in…">
        Sign in
      </Button>
    </form>
  )
}
