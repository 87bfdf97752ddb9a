import { describe, expect, it } from 'vitest'
import { lengthWord } from './PasswordField'
import { missing } from './SignUpPage'

const GOOD = { email: 'a@example.com', password: 'twelve chars', accepted: true }

describe('the sign-up form', () => {
  it('asks for nothing more when all is there', () => {
    expect(missing(GOOD).size).toBe(0)
  })

  it.each([
    ['email', { ...GOOD, email: 'nobody' }],
    ['password', { ...GOOD, password: 'eleven char' }],
    ['accept_risk_disclosure', { ...GOOD, accepted: false }],
  ])('names %s when it is missing', (field, values) => {
    expect([...missing(values).keys()]).toEqual([field])
  })

  it('counts what a password lacks', () => {
    expect(lengthWord('eleven char')).toBe('1 more character needed.')
  })
})
