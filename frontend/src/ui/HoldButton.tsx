import { type ReactNode, useEffect, useRef, useState } from 'react'
import { buttonClass } from './Button'

interface Props {
  readonly children: ReactNode
  readonly onHeld: () => void
  readonly disabled?: boolean
  readonly className?: string
}

export const HOLD_MS = 2000

/** Fires after it was held down for two seconds; letting go, leaving it, or a scroll takes it back. For fingers. */
export function HoldButton({ children, onHeld, disabled, className }: Props) {
  const [holding, setHolding] = useState(false)
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined)
  useEffect(() => () => clearTimeout(timer.current), [])
  const release = () => {
    clearTimeout(timer.current)
    setHolding(false)
  }
  const hold = () => {
    setHolding(true)
    timer.current = setTimeout(() => {
      setHolding(false)
      onHeld()
    }, HOLD_MS)
  }
  return (
    <button
      type="button"
      disabled={disabled}
      onPointerDown={hold}
      onPointerUp={release}
      onPointerLeave={release}
      onPointerCancel={release}
      onContextMenu={(event) => event.preventDefault()}
      data-holding={holding || undefined}
      className={buttonClass('danger', `touch-none select-none ${className ?? ''}`)}
    >
      {holding ? 'Keep holding…' : children}
    </button>
  )
}
