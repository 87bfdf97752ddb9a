import { type InputHTMLAttributes, type ReactNode, useId } from 'react'
import { cx } from './classes'

interface Props extends Omit<InputHTMLAttributes<HTMLInputElement>, 'type' | 'role'> {
  readonly label: ReactNode
  readonly hint?: ReactNode
  readonly className?: string
}

/** On or off, at once. The state is told by position and by role, not by hue. */
export function Switch({ label, hint, className, ...rest }: Props) {
  const id = useId()
  return (
    <label
      className={cx('flex min-h-control cursor-pointer items-center justify-between gap-3', className)}
      htmlFor={id}
    >
      <span className="min-w-0">
        {label}
        {hint && (
          <span id={`${id}-hint`} className="block text-2xs text-low">
            {hint}
          </span>
        )}
      </span>
      <span className="relative inline-flex h-6 w-10 shrink-0">
        <input
          {...rest}
          id={id}
          type="checkbox"
          role="switch"
          aria-describedby={hint ? `${id}-hint` : undefined}
          className="peer absolute inset-0 m-0 appearance-none rounded-full border border-line-strong bg-bg checked:border-primary checked:bg-primary"
        />
        <span
          aria-hidden="true"
          className="pointer-events-none absolute top-1 left-1 size-4 rounded-full bg-line-strong transition-transform peer-checked:translate-x-4 peer-checked:bg-on-primary"
        />
      </span>
    </label>
  )
}

export function Checkbox({ label, hint, className, ...rest }: Props) {
  const id = useId()
  return (
    <label
      className={cx(
        'flex min-h-6 cursor-pointer items-start gap-2 pointer-coarse:min-h-11 pointer-coarse:items-center',
        className,
      )}
      htmlFor={id}
    >
      <input
        {...rest}
        id={id}
        type="checkbox"
        aria-describedby={hint ? `${id}-hint` : undefined}
        className="mt-0.5 size-4 shrink-0 pointer-coarse:mt-0 accent-primary pointer-coarse:size-6"
      />
      <span>
        {label}
        {hint && (
          <span id={`${id}-hint`} className="block text-2xs text-low">
            {hint}
          </span>
        )}
      </span>
    </label>
  )
}
