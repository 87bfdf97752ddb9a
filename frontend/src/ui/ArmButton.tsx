import { type ReactNode, useEffect, useRef, useState } from 'react'
import { buttonClass } from './Button'

interface Props {
  /** What the first press offers, e.g. "Exit now". */
  readonly children: ReactNode
  /** What the second press does, e.g. "Confirm exit, about −$182.72". */
  readonly confirm: string
  /** Which thing, for the accessible name: "Exit now: BTC/USDT". */
  readonly subject: string
  readonly onFire: () => void
  readonly pending?: boolean
  readonly pendingText?: string
  readonly disabled?: boolean
  readonly className?: string
}

export const ARMED_MS = 4000

/**
 * A button for what cannot be undone: the first press arms it in place for four seconds, the second fires. It keeps its
 * box, so the second press lands where the first did; both texts share one cell and the wider sets the width.
 */
export function ArmButton({ children, confirm, subject, onFire, pending, pendingText, disabled, className }: Props) {
  const [armed, setArmed] = useState(false)
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined)
  useEffect(() => () => clearTimeout(timer.current), [])

  const disarm = () => {
    clearTimeout(timer.current)
    setArmed(false)
  }
  const press = () => {
    if (armed) {
      disarm()
      onFire()
      return
    }
    setArmed(true)
    timer.current = setTimeout(() => setArmed(false), ARMED_MS)
  }
  const text = pending ? (pendingText ?? 'Sending…') : armed ? confirm : children
  return (
    <>
      <button
        type="button"
        disabled={disabled || pending}
        aria-busy={pending || undefined}
        data-armed={armed || undefined}
        aria-label={`${typeof text === 'string' ? text : 'Press'}: ${subject}`}
        onClick={press}
        onKeyDown={(event) => {
          if (event.key === 'Escape' && armed) {
            event.stopPropagation()
            disarm()
          }
          // A held key must not arm and fire in one stroke.
          if ((event.key === 'Enter' || event.key === ' ') && event.repeat) event.preventDefault()
        }}
        onBlur={disarm}
        className={buttonClass(armed ? 'danger' : 'plain', `grid! ${className ?? ''}`)}
      >
        <span aria-hidden="true" className="num invisible col-start-1 row-start-1 font-semibold">
          {confirm}
        </span>
        <span className="num col-start-1 row-start-1">{text}</span>
      </button>
      <span role="status" className="sr-only">
        {armed ? `${confirm}: ${subject}. Press again within four seconds.` : ''}
      </span>
    </>
  )
}
