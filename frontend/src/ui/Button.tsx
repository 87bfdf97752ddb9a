import type { ButtonHTMLAttributes, ReactNode } from 'react'
import { cx } from './classes'

const KINDS = {
  primary: 'bg-primary text-on-primary font-semibold hover:opacity-90',
  plain: 'border border-line-strong text-fg hover:bg-s3',
  quiet: 'text-mid hover:bg-s3 hover:text-fg',
  danger: 'bg-crit-solid text-on-crit font-semibold hover:brightness-110',
} as const

export type ButtonKind = keyof typeof KINDS

/** The looks of a button, for links that act like one. */
export function buttonClass(kind: ButtonKind = 'plain', className?: string): string {
  return cx(
    'inline-flex min-h-control min-w-control items-center justify-center gap-1.5 rounded px-3 text-[0.8125rem] whitespace-nowrap',
    'transition-colors disabled:cursor-not-allowed disabled:opacity-50 aria-disabled:opacity-50',
    KINDS[kind],
    className,
  )
}

interface Props extends ButtonHTMLAttributes<HTMLButtonElement> {
  readonly kind?: ButtonKind
  /** While true the button says so and does nothing. */
  readonly pending?: boolean
  readonly pendingText?: string
  readonly children: ReactNode
}

export function Button({
  kind = 'plain',
  pending = false,
  pendingText,
  className,
  children,
  disabled,
  ...rest
}: Props) {
  return (
    <button
      type="button"
      {...rest}
      disabled={disabled || pending}
      aria-busy={pending || undefined}
      className={buttonClass(kind, className)}
    >
      {pending && pendingText ? pendingText : children}
    </button>
  )
}
