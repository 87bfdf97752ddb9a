import { type InputHTMLAttributes, useState } from 'react'
import { plural } from '@/lib/format/words'
import { Field } from '@/ui/Field'

interface Props extends InputHTMLAttributes<HTMLInputElement> {
  readonly label: string
  readonly hint?: string | undefined
  readonly error?: string | undefined
}

/** Pasting and password managers work; the text can be shown. */
export function PasswordField({ label, hint, error, ...rest }: Props) {
  const [shown, setShown] = useState(false)
  return (
    <Field label={label} hint={hint} error={error}>
      {(wiring) => (
        <span className="relative block">
          <input {...rest} {...wiring} type={shown ? 'text' : 'password'} className="input pr-16!" />
          <button
            type="button"
            aria-pressed={shown}
            aria-label={shown ? 'Hide password' : 'Show password'}
            onClick={() => setShown(!shown)}
            className="absolute inset-y-0 right-0 min-w-14 px-2 text-xs text-mid hover:text-fg"
          >
            {shown ? 'Hide' : 'Show'}
          </button>
        </span>
      )}
    </Field>
  )
}

export const MIN_PASSWORD = 12

/** How long the password is, in words: length is what counts. */
export function lengthWord(password: string): string {
  if (password === '') return `At least ${MIN_PASSWORD} characters. A few unrelated words make a good one.`
  if (password.length < MIN_PASSWORD) return `${plural(MIN_PASSWORD - password.length, 'more character')} needed.`
  return password.length < 16 ? 'Long enough.' : 'Long.'
}
