import { render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { Suspense } from 'react'
import { describe, expect, it } from 'vitest'
import { part } from './part'

const Dialog = ({ title }: { readonly title: string }) => <p>{title}</p>

/** A part whose code is not there until the network is back. */
function brokenPart() {
  const network = { up: false }
  const Part = part(async () => {
    if (!network.up) throw new TypeError('Failed to fetch dynamically imported module')
    return { default: Dialog }
  })
  const page = (open: boolean) => (
    <>
      <button type="button">Close all…</button>
      {open && (
        <Suspense fallback={null}>
          <Part title="The dialog" />
        </Suspense>
      )}
    </>
  )
  return { network, page }
}

describe('a part of the page whose code does not come', () => {
  it('says so and leaves the page around it', async () => {
    const { page } = brokenPart()
    render(page(true))
    expect(await screen.findByRole('alert')).toHaveTextContent('This could not be loaded')
    expect(screen.getByRole('button', { name: 'Close all…' })).toBeVisible()
  })

  it('comes when it is asked for again', async () => {
    const { network, page } = brokenPart()
    render(page(true))
    const again = await screen.findByRole('button', { name: 'Try again' })
    network.up = true
    await userEvent.click(again)
    expect(await screen.findByText('The dialog')).toBeVisible()
    expect(screen.queryByRole('alert')).toBeNull()
  })

  it('is asked for anew when it is opened again', async () => {
    const { network, page } = brokenPart()
    const { rerender } = render(page(true))
    await screen.findByRole('alert')
    rerender(page(false))
    network.up = true
    rerender(page(true))
    expect(await screen.findByText('The dialog')).toBeVisible()
  })
})
