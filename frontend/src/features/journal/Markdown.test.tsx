import { render, screen } from '@testing-library/react'
import { describe, expect, it } from 'vitest'
import { Note } from './Markdown'

describe('Note', () => {
  it('shows words as they were meant', () => {
    render(<Note text={'# Late\n\n**waited** for it'} />)
    expect(screen.getByRole('heading', { name: 'Late' })).toBeInTheDocument()
    expect(screen.getByText('waited').tagName).toBe('STRONG')
  })

  it('runs nothing and fetches nothing', () => {
    const { container } = render(
      <Note
        text={
          '<script>alert(1)</script>\n\n<img src=x onerror=alert(1)>\n\n[x](javascript:alert(1)) ![p](https://evil/p.png) [d](data:text/html,x)'
        }
      />,
    )
    expect(container.querySelector('script, img, iframe')).toBeNull()
    for (const link of container.querySelectorAll('a')) expect(link.getAttribute('href') ?? '').toBe('')
    expect(container.textContent).toContain('<script>')
  })
})
