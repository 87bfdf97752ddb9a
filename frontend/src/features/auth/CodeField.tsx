import { TextField } from '@/ui/Field'

/** Six digits of an authenticator, or a recovery code: one field, nothing is sent by itself. */
export function CodeField({ error, label = 'Code' }: { readonly error: string | undefined; readonly label?: string }) {
  return (
    <TextField
      label={label}
      name="code"
      autoComplete="one-time-code"
      autoCapitalize="none"
      spellCheck={false}
      maxLength={40}
      required
      autoFocus
      hint="Six digits from your authenticator, or one of your recovery codes."
      error={error}
    />
  )
}
