import { type InputHTMLAttributes, type ReactNode, type SelectHTMLAttributes, useId } from 'react'
import { cx } from './classes'

interface FieldProps {
  readonly label: string
  readonly hint?: ReactNode
  readonly error?: string | undefined
  readonly children: (wiring: {
    id: string
    'aria-describedby': string | undefined
    'aria-invalid': boolean
  }) => ReactNode
  readonly className?: string
  readonly labelClassName?: string
}

/** A label, its control, a hint and an error, wired together for assistive technology. */
export function Field({ label, hint, error, children, className, labelClassName }: FieldProps) {
  const id = useId()
  const described = [hint ? `${id}-hint` : '', error ? `${id}-error` : ''].filter(Boolean).join(' ') || undefined
  return (
    <div className={cx('min-w-0', className)}>
      <label htmlFor={id} className={cx('mb-1 block text-xs font-semibold text-mid', labelClassName)}>
        {label}
      </label>
      {children({ id, 'aria-describedby': described, 'aria-invalid': error !== undefined })}
      {hint && (
        <p id={`${id}-hint`} className="mt-1 text-2xs text-low">
          {hint}
        </p>
      )}
      {error && (
        <p id={`${id}-error`} className="mt-1 text-xs font-semibold text-crit">
          <span aria-hidden="true">‼ </span>
          {error}
        </p>
      )}
    </div>
  )
}

interface TextFieldProps extends InputHTMLAttributes<HTMLInputElement> {
  readonly label: string
  readonly hint?: ReactNode
  readonly error?: string | undefined
  readonly unit?: string | undefined
  readonly fieldClassName?: string
}

/** Text, or a decimal with its unit at the end. Decimals stay text all the way: no spinner, no rounding. */
export function TextField({ label, hint, error, unit, fieldClassName, className, ...rest }: TextFieldProps) {
  return (
    <Field label={label} hint={hint} error={error} {...(fieldClassName ? { className: fieldClassName } : {})}>
      {(wiring) => (
        <span className="relative block">
          <input {...rest} {...wiring} className={cx('input', unit && 'num pr-14! text-right', className)} />
          {unit && (
            <span
              aria-hidden="true"
              className="pointer-events-none absolute inset-y-0 right-2 flex items-center text-xs text-low"
            >
              {unit}
            </span>
          )}
        </span>
      )}
    </Field>
  )
}

export function DecimalField({ unit, ...rest }: TextFieldProps) {
  return (
    <TextField
      type="text"
      inputMode="decimal"
      autoComplete="off"
      spellCheck={false}
      unit={unit}
      className="num text-right"
      {...rest}
    />
  )
}

interface SelectFieldProps extends SelectHTMLAttributes<HTMLSelectElement> {
  readonly label: string
  readonly hint?: ReactNode
  readonly error?: string | undefined
  readonly options: ReadonlyArray<readonly [value: string, text: string]>
  readonly fieldClassName?: string
}

export function SelectField({ label, hint, error, options, fieldClassName, ...rest }: SelectFieldProps) {
  return (
    <Field label={label} hint={hint} error={error} {...(fieldClassName ? { className: fieldClassName } : {})}>
      {(wiring) => (
        <select {...rest} {...wiring} className="input">
          {options.map(([value, text]) => (
            <option key={value} value={value}>
              {text}
            </option>
          ))}
        </select>
      )}
    </Field>
  )
}
