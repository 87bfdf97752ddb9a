import { isRedirect } from '@tanstack/react-router'
import { expect, it } from 'vitest'
import { Route } from './_app.settings.auto-trading'

it('the address of auto-trading leads to the wallets, where each has its own', () => {
  let thrown: unknown = null
  try {
    Route.options.beforeLoad?.({} as never)
  } catch (error) {
    thrown = error
  }
  expect(isRedirect(thrown) && thrown.options.to).toBe('/wallets')
})
