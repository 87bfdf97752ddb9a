import '@testing-library/jest-dom/vitest'
import { cleanup, configure } from '@testing-library/react'
import { afterAll, afterEach, beforeAll, vi } from 'vitest'
import { resetSession } from '@/lib/api/session'
import { server } from './server'

// A dialog comes with a file of its own, however busy the machine is that loads it.
configure({ asyncUtilTimeout: 10_000 })

// jsdom lacks what Base UI and the virtualiser ask the browser for.
globalThis.ResizeObserver ??= class {
  observe() {}
  unobserve() {}
  disconnect() {}
}
window.matchMedia ??= (query: string) =>
  ({ matches: false, media: query, addEventListener() {}, removeEventListener() {} }) as unknown as MediaQueryList
Element.prototype.scrollTo ??= () => {}

beforeAll(() => server.listen({ onUnhandledRequest: 'error' }))
afterEach(() => {
  cleanup()
  server.resetHandlers()
  resetSession()
})
afterAll(() => {
  server.close()
  // The next file shares the window, and begins with modules and marks of its own.
  vi.resetModules()
  localStorage.clear()
  sessionStorage.clear()
})
