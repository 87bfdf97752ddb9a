import { useSyncExternalStore } from 'react'
import { Button } from './Button'
import { Icon } from './icons'

export interface Toast {
  readonly id: number
  readonly text: string
  readonly tone: 'plain' | 'crit'
  readonly action?: { readonly label: string; readonly run: () => void }
}

const SHOWN_MS = 8000
let toasts: ReadonlyArray<Toast> = []
let lastId = 0
const listeners = new Set<() => void>()

function publish(next: ReadonlyArray<Toast>): void {
  toasts = next
  for (const listener of listeners) listener()
}

function dismissToast(id: number): void {
  publish(toasts.filter((toast) => toast.id !== id))
}

/** Says what the server confirmed; a failure also stays where it happened, never in a toast alone. */
export function toast(text: string, more: Partial<Pick<Toast, 'tone' | 'action'>> = {}): number {
  lastId += 1
  const id = lastId
  publish([...toasts.slice(-2), { id, text, tone: 'plain', ...more }])
  setTimeout(() => dismissToast(id), SHOWN_MS)
  return id
}

export function Toasts() {
  const shown = useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => toasts,
  )
  return (
    <div
      role="status"
      aria-live="polite"
      aria-label="Notices"
      className="pointer-events-none fixed inset-x-2 bottom-20 z-30 flex flex-col items-end gap-2 lg:inset-x-auto lg:right-4 lg:bottom-4"
    >
      {shown.map(({ id, text, tone, action }) => (
        <div
          key={id}
          className={`pointer-events-auto flex w-full items-center gap-3 rounded-md border bg-s3 py-1 pr-1 pl-3 text-fg sm:w-auto sm:max-w-md ${tone === 'crit' ? 'border-crit' : 'border-line-strong'}`}
        >
          <span className="min-w-0 flex-1 py-1 wrap-anywhere">{text}</span>
          {action && (
            <Button
              onClick={() => {
                dismissToast(id)
                action.run()
              }}
            >
              {action.label}
            </Button>
          )}
          <Button kind="quiet" aria-label="Dismiss notice" className="px-1!" onClick={() => dismissToast(id)}>
            <Icon name="close" size={16} />
          </Button>
        </div>
      ))}
    </div>
  )
}
