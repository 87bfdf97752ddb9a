import { screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { HttpResponse, http } from 'msw'
import { describe, expect, it } from 'vitest'
import { SETTINGS } from '@/testing/examples'
import { show } from '@/testing/render'
import { api, problem, server } from '@/testing/server'
import { RiskForm } from './RiskForm'

const saved = { result: SETTINGS, etag: '"1"' }
const field = (name: string) => screen.getByRole('textbox', { name })
async function retype(name: string, text: string) {
  await userEvent.clear(field(name))
  if (text !== '') await userEvent.type(field(name), text)
}

describe('the risk settings form', () => {
  it('shows no save bar until something differs', async () => {
    show(<RiskForm saved={saved} guard={false} />)
    expect(screen.queryByRole('button', { name: /Save changes/ })).toBeNull()
    await retype('Leverage', '5')
    expect(screen.getByRole('list', { name: 'Unsaved changes' })).toHaveTextContent('Leverage 10× → 5×: ↓ tightens')
  })

  it('sends what tightens at once, with the version it was made from', async () => {
    let seen: { body: unknown; ifMatch: string | null } | undefined
    server.use(
      http.patch(api('/risk/settings'), async ({ request }) => {
        seen = { body: await request.json(), ifMatch: request.headers.get('if-match') }
        return HttpResponse.json({ ...SETTINGS, max_leverage: 5, version: 2 }, { headers: { etag: '"2"' } })
      }),
    )
    show(<RiskForm saved={saved} guard={false} />)
    await retype('Leverage', '5')
    await userEvent.click(screen.getByRole('button', { name: 'Save changes' }))
    await waitFor(() => expect(seen).toEqual({ body: { max_leverage: 5 }, ifMatch: '"1"' }))
  })

  it('asks before it loosens, and once only', async () => {
    let sent = 0
    server.use(
      http.patch(api('/risk/settings'), () => {
        sent += 1
        return problem(422, 'invalid', 'Refused.', {
          errors: [
            { field: 'max_leverage', code: 'too_high', message: 'Leverage 50 is above the platform limit of 25.' },
          ],
        })
      }),
    )
    show(<RiskForm saved={saved} guard={false} />)
    await retype('Leverage', '50')
    await userEvent.click(screen.getByRole('button', { name: 'Save changes…' }))
    const dialog = await screen.findByRole('dialog', { name: 'Loosen limits' })
    expect(sent).toBe(0)
    await userEvent.click(within(dialog).getByRole('button', { name: 'Loosen limits' }))
    expect(await screen.findByText('Leverage 50 is above the platform limit of 25.')).toBeVisible()
    await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull())
    expect(sent).toBe(1)
    expect(field('Leverage')).toHaveAttribute('aria-invalid', 'true')
  })

  it('has a limit typed away', async () => {
    show(<RiskForm saved={saved} guard={false} />)
    await retype('Weekly loss, percent of equity', '')
    await userEvent.click(screen.getByRole('button', { name: 'Save changes…' }))
    const dialog = await screen.findByRole('dialog', { name: 'Loosen limits' })
    const confirm = within(dialog).getByRole('button', { name: 'Loosen limits' })
    expect(confirm).toBeDisabled()
    await userEvent.type(within(dialog).getByRole('textbox'), 'NO LIMIT')
    expect(confirm).toBeEnabled()
  })

  it('sends nothing that its own check refuses', async () => {
    show(<RiskForm saved={saved} guard={false} />)
    await retype('Leverage', 'ten')
    await userEvent.click(screen.getByRole('button', { name: /Save changes/ }))
    expect(await screen.findByText('Enter a number, like 2.5.')).toBeVisible()
  })

  it('keeps what was typed when somebody else saved meanwhile', async () => {
    server.use(http.patch(api('/risk/settings'), () => problem(412, 'version_mismatch', 'The settings changed.')))
    show(<RiskForm saved={saved} guard={false} />)
    await retype('Leverage', '5')
    await userEvent.click(screen.getByRole('button', { name: 'Save changes' }))
    expect(await screen.findByText(/changed elsewhere meanwhile/)).toBeVisible()
    expect(field('Leverage')).toHaveValue('5')
  })
})
