import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { keyReader, setSingleKeys } from './hotkeys'

const handlers = { openPalette: vi.fn(), openHelp: vi.fn(), go: vi.fn(), now: () => clock }
let clock = 0

function press(read: ReturnType<typeof keyReader>, key: string, more: Partial<KeyboardEvent> = {}) {
  const plain = { ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, target: document.body }
  read({ key, ...plain, preventDefault: vi.fn(), ...more })
}

beforeEach(() => {
  clock = 0
  vi.clearAllMocks()
  setSingleKeys(true)
})
afterEach(() => document.body.replaceChildren())

describe('the keys of the app', () => {
  it('go to a page by G and its letter, while the G is fresh', () => {
    const read = keyReader(handlers)
    press(read, 'g')
    press(read, 'j')
    expect(handlers.go).toHaveBeenCalledExactlyOnceWith('j')
    press(read, 'g')
    clock = 1501
    press(read, 'j')
    expect(handlers.go).toHaveBeenCalledOnce()
  })

  it('open the palette by Ctrl or Cmd and K, also while typing', () => {
    const read = keyReader(handlers)
    const field = document.body.appendChild(document.createElement('input'))
    press(read, 'k', { ctrlKey: true, target: field })
    press(read, 'k', { metaKey: true })
    expect(handlers.openPalette).toHaveBeenCalledTimes(2)
  })

  it('mean letters while somebody types or a dialog is open', () => {
    const read = keyReader(handlers)
    const field = document.body.appendChild(document.createElement('input'))
    press(read, '?', { target: field })
    const dialog = document.body.appendChild(document.createElement('div'))
    dialog.setAttribute('role', 'dialog')
    press(read, '?')
    expect(handlers.openHelp).not.toHaveBeenCalled()
    dialog.remove()
    press(read, '?')
    expect(handlers.openHelp).toHaveBeenCalledOnce()
  })

  it('can be switched off, save those with Ctrl', () => {
    setSingleKeys(false)
    const read = keyReader(handlers)
    press(read, 'g')
    press(read, 'j')
    press(read, 'k', { ctrlKey: true })
    expect(handlers.go).not.toHaveBeenCalled()
    expect(handlers.openPalette).toHaveBeenCalledOnce()
  })
})
