import { describe, expect, it } from 'vitest'
import { deliveryText, templateText } from './alert-words'

describe('the words of an alert', () => {
  it('tells how each channel fared, with the reason where it did not', () => {
    const text = deliveryText([
      { channel: 'telegram', state: 'sent', sent_at: null, error: null },
      { channel: 'email', state: 'waiting', sent_at: null, error: 'The mail server was not reached.' },
    ])
    expect(text).toBe('Telegram sent, E-mail waiting: The mail server was not reached')
  })

  it('leaves out a reason that was overcome', () => {
    expect(deliveryText([{ channel: 'email', state: 'sent', sent_at: null, error: 'Later.' }])).toBe('E-mail sent')
  })

  it('shows the figures of a template as names', () => {
    expect(templateText('{symbol} {side} opened')).toBe('‹symbol› ‹side› opened')
  })
})
