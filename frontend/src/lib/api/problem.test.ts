import { describe, expect, it } from 'vitest'
import { problemFrom, sentence } from './problem'

function refusal(errors: ReadonlyArray<Record<string, string>>, detail: string) {
  const body = { title: 'Refused', code: 'invalid_input', detail, request_id: 'r', errors }
  return problemFrom(new Response(JSON.stringify(body), { status: 422 }))
}

describe('a refusal of fields', () => {
  it('is told in words for people, the field by its name and once', async () => {
    const message = 'entry_price: Input should be greater than 0.'
    const found = await refusal([{ field: 'entry_price', code: 'greater_than', message }], message)
    expect(found.errors[0]?.message).toBe('Has to be greater than 0.')
    expect(sentence(found)).toBe('Entry price: has to be greater than 0.')
  })

  it('names every field where there are several, and none for the whole', async () => {
    const found = await refusal(
      [
        {
          field: 'initial_deposit',
          code: 'x',
          message: 'initial_deposit: Decimal input should have no more than 8 decimal places.',
        },
        { field: 'body', code: 'value_error', message: 'body: the stop is the entry price: nothing to size by.' },
      ],
      'Some fields cannot be accepted; see errors.',
    )
    expect(sentence(found)).toBe(
      'Initial deposit: at most 8 digits after the point. The stop is the entry price: nothing to size by.',
    )
  })

  it('stays the server’s sentence where it is about no field', async () => {
    const body = { title: 'Refused', code: 'wallet_archived', detail: 'The wallet is archived.' }
    expect(sentence(await problemFrom(new Response(JSON.stringify(body), { status: 409 })))).toBe(
      'The wallet is archived.',
    )
  })
})
