// Keys of the whole app. They open, go and filter; the one that acts, pausing entries, lowers risk and can be undone.
import { useEffect } from 'react'
import { commandOf } from '@/lib/commands'
import { readMark, writeMark } from '@/lib/preferences/marks'

const MARK = 'single-keys'
/** How long after G the letter may come. */
const SEQUENCE_MS = 1500

export function singleKeysAreOn(): boolean {
  return readMark(MARK) !== 'off'
}

export function setSingleKeys(on: boolean): void {
  writeMark(MARK, on ? 'on' : 'off')
}

export interface Handlers {
  readonly openPalette: () => void
  readonly openHelp: () => void
  readonly go: (letter: string) => void
  readonly now: () => number
}

type Press = Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey' | 'target' | 'preventDefault'>

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest('input, textarea, select, [contenteditable=true]') !== null
}

/** Whether a dialog is open: its own keys come first. */
function isCovered(): boolean {
  return document.querySelector('[role=dialog], [role=alertdialog]') !== null
}

function focusFilter(): boolean {
  const first = document.querySelector<HTMLElement>('main search :is(input, select)')
  first?.focus()
  return first !== null
}

/** Reads one press after another; remembers a G for a moment. */
export function keyReader(handlers: Handlers): (event: Press) => void {
  let begun = Number.NEGATIVE_INFINITY
  return (event) => {
    const letter = event.key.toLowerCase()
    if ((event.ctrlKey || event.metaKey) && !event.altKey && letter === 'k') {
      event.preventDefault()
      handlers.openPalette()
      return
    }
    if (event.ctrlKey || event.metaKey || event.altKey) return
    if (!singleKeysAreOn() || isTyping(event.target) || isCovered()) return
    const inSequence = handlers.now() - begun <= SEQUENCE_MS
    begun = Number.NEGATIVE_INFINITY
    if (inSequence && /^[a-z]$/.test(letter)) {
      event.preventDefault()
      handlers.go(letter)
    } else if (event.key === 'g') begun = handlers.now()
    else if (event.key === '?') handlers.openHelp()
    else if (event.key === 'P' && event.shiftKey) commandOf('pause')?.run()
    else if (event.key === '/' && focusFilter()) event.preventDefault()
  }
}

export function useHotkeys(handlers: Omit<Handlers, 'now'>): void {
  const { openPalette, openHelp, go } = handlers
  useEffect(() => {
    const read = keyReader({ openPalette, openHelp, go, now: () => performance.now() })
    window.addEventListener('keydown', read)
    return () => window.removeEventListener('keydown', read)
  }, [openPalette, openHelp, go])
}
