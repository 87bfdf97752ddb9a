import { render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { describe, expect, it, vi } from 'vitest'
import { ApiProblem } from '@/lib/api/problem'
import { ErrorState } from './ErrorState'

describe('a failed surface', () => {
  it('says what, why, the request to quote, and offers another try', async () => {
    const retry = vi.fn()
    const error = new ApiProblem(503, 'database_unavailable', 'Unavailable', 'The database did not answer.', 'req-9')
    render(<ErrorState what="Positions could not be loaded" error={error} onRetry={retry} />)
    expect(screen.getByRole('alert')).toHaveTextContent('Positions could not be loaded')
    expect(screen.getByRole('alert')).toHaveTextContent('The database did not answer.')
    expect(screen.getByText('req-9')).toBeVisible()
    await userEvent.click(screen.getByRole('button', { name: 'Try again' }))
    expect(retry).toHaveBeenCalledTimes(1)
  })

  it('says that older figures stay', () => {
    render(<ErrorState what="Positions could not be loaded" error={new Error('gone')} olderShown />)
    expect(screen.getByRole('alert')).toHaveTextContent('the last ones received')
  })
})
