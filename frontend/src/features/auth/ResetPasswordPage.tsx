import { useMutation } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useRef, useState } from 'react'
import { call } from '@/lib/api/call'
import { byField, focusFirstInvalid } from '@/lib/forms'
import { Button, buttonClass } from '@/ui/Button'
import { FormError } from '@/ui/ErrorState'
import { TextField } from '@/ui/Field'
import { AuthFrame } from './AuthFrame'
import { lengthWord, MIN_PASSWORD, PasswordField } from './PasswordField'

function AskForLink() {
  const ask = useMutation({ mutationFn: (email: string) => call('POST /auth/password-reset', { body: { email } }) })
  const { known } = byField(ask.error, ['email'])
  if (ask.isSuccess) return <p role="status">{ask.data.message}</p>
  return (
    <form
      noValidate
      className="space-y-3"
      onSubmit={(event) => {
        event.preventDefault()
        ask.mutate(String(new FormData(event.currentTarget).get('email')).trim())
      }}
    >
      {ask.error && known.size === 0 && <FormError error={ask.error} />}
      <TextField label="E-mail" name="email" type="email" autoComplete="username" required error={known.get('email')} />
      <Button kind="primary" type="submit" className="w-full" pending={ask.isPending} pendingText="Sending…">
        Send a reset link
      </Button>
    </form>
  )
}

function ChoosePassword({ token }: { readonly token: string }) {
  const form = useRef<HTMLFormElement>(null)
  const [password, setPassword] = useState('')
  const [short, setShort] = useState(false)
  const confirm = useMutation({
    mutationFn: () => call('POST /auth/password-reset/confirm', { body: { token, password } }),
    onError: () => focusFirstInvalid(form.current),
  })
  const { known } = byField(confirm.error, ['password'])
  if (confirm.isSuccess) {
    return (
      <>
        <p role="status">Your password is changed and every session is signed out.</p>
        <Link to="/sign-in" className={buttonClass('primary', 'mt-4 w-full')}>
          Sign in
        </Link>
      </>
    )
  }
  return (
    <form
      ref={form}
      noValidate
      className="space-y-3"
      onSubmit={(event) => {
        event.preventDefault()
        setShort(password.length < MIN_PASSWORD)
        if (password.length < MIN_PASSWORD) return focusFirstInvalid(form.current)
        confirm.mutate()
      }}
    >
      {confirm.error && known.size === 0 && <FormError error={confirm.error} />}
      <PasswordField
        label="New password"
        autoComplete="new-password"
        value={password}
        onChange={(event) => setPassword(event.target.value)}
        hint={lengthWord(password)}
        error={short ? `Use at least ${MIN_PASSWORD} characters.` : known.get('password')}
      />
      <Button kind="primary" type="submit" className="w-full" pending={confirm.isPending} pendingText="Saving…">
        Set new password
      </Button>
    </form>
  )
}

export function ResetPasswordPage({ token }: { readonly token: string }) {
  return (
    <AuthFrame title={token === '' ? 'Reset your password' : 'Choose a new password'}>
      {token === '' ? <AskForLink /> : <ChoosePassword token={token} />}
      <p className="mt-4 text-mid">
        <Link to="/sign-in" className="inline-flex min-h-6 items-center underline pointer-coarse:min-h-11">
          Back to sign in
        </Link>
      </p>
    </AuthFrame>
  )
}
