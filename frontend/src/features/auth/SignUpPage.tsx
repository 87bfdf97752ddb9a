import { useMutation } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useId, useRef, useState } from 'react'
import { call } from '@/lib/api/call'
import type { SignUp } from '@/lib/api/types'
import { byField, focusFirstInvalid } from '@/lib/forms'
import { browserZone } from '@/lib/preferences/zone'
import { Button } from '@/ui/Button'
import { FormError } from '@/ui/ErrorState'
import { Field, TextField } from '@/ui/Field'
import { Checkbox } from '@/ui/Switch'
import { AuthFrame } from './AuthFrame'
import { lengthWord, MIN_PASSWORD, PasswordField } from './PasswordField'

const FIELDS = ['email', 'password', 'time_zone', 'accept_risk_disclosure'] as const

function zones(): string[] {
  const known = Intl.supportedValuesOf('timeZone')
  return known.includes('UTC') ? known : ['UTC', ...known]
}

/** What is missing, by field; empty when the form may be sent. */
export function missing(values: { email: string; password: string; accepted: boolean }): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  if (!/^\S+@\S+\.\S+$/.test(values.email)) found.set('email', 'Enter an e-mail address, like name@example.com.')
  if (values.password.length < MIN_PASSWORD) found.set('password', `Use at least ${MIN_PASSWORD} characters.`)
  if (!values.accepted) found.set('accept_risk_disclosure', 'Trading needs your consent to the risk disclosure.')
  return found
}

export function SignUpPage() {
  const form = useRef<HTMLFormElement>(null)
  const zoneList = useId()
  const [password, setPassword] = useState('')
  const [own, setOwn] = useState<ReadonlyMap<string, string>>(new Map())
  const signUp = useMutation({
    mutationFn: (body: SignUp) => call('POST /auth/sign-up', { body }),
    onError: () => focusFirstInvalid(form.current),
  })
  const { known } = byField(signUp.error, FIELDS)
  const errorOf = (field: (typeof FIELDS)[number]) => own.get(field) ?? known.get(field)

  if (signUp.isSuccess) {
    return (
      <AuthFrame title="One step is left">
        <p role="status">{signUp.data.message}</p>
        <p className="mt-2 text-mid">Open that link, then sign in.</p>
        <p className="mt-4">
          <Link to="/sign-in" className="underline">
            Sign in
          </Link>
        </p>
      </AuthFrame>
    )
  }
  const submit = (data: FormData) => {
    const email = String(data.get('email')).trim()
    const accepted = data.get('accept_risk_disclosure') === 'on'
    const found = missing({ email, password, accepted })
    setOwn(found)
    if (found.size > 0) return focusFirstInvalid(form.current)
    signUp.mutate({ email, password, time_zone: String(data.get('time_zone')), accept_risk_disclosure: true })
  }
  return (
    <AuthFrame title="Create an account" lead="You start with paper money. Nothing is traded for real.">
      <form
        ref={form}
        noValidate
        className="space-y-3"
        onSubmit={(event) => {
          event.preventDefault()
          submit(new FormData(event.currentTarget))
        }}
      >
        {signUp.error && known.size === 0 && <FormError error={signUp.error} />}
        <TextField label="E-mail" name="email" type="email" autoComplete="username" required error={errorOf('email')} />
        <PasswordField
          label="Password"
          name="password"
          autoComplete="new-password"
          required
          value={password}
          onChange={(event) => setPassword(event.target.value)}
          hint={lengthWord(password)}
          error={errorOf('password')}
        />
        <Field
          label="Time zone"
          hint="Days, weeks and loss limits begin at midnight there."
          error={errorOf('time_zone')}
        >
          {(wiring) => (
            <>
              <input {...wiring} name="time_zone" list={zoneList} defaultValue={browserZone()} className="input" />
              <datalist id={zoneList}>
                {zones().map((zone) => (
                  <option key={zone} value={zone} />
                ))}
              </datalist>
            </>
          )}
        </Field>
        <Checkbox
          name="accept_risk_disclosure"
          aria-invalid={errorOf('accept_risk_disclosure') !== undefined}
          label="I understand that automated trading with leverage can lose all the money in a wallet."
          hint={
            errorOf('accept_risk_disclosure') && (
              <span className="font-semibold text-crit">‼ {errorOf('accept_risk_disclosure')}</span>
            )
          }
        />
        <Button kind="primary" type="submit" className="w-full" pending={signUp.isPending} pendingText="Creating…">
          Create account
        </Button>
      </form>
      <p className="mt-4 text-mid">
        Already have one?{' '}
        <Link to="/sign-in" className="underline">
          Sign in
        </Link>
      </p>
    </AuthFrame>
  )
}
