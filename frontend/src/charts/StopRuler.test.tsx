import { render, screen } from '@testing-library/react'
import { describe, expect, it } from 'vitest'
import { StopRuler } from './StopRuler'

const SUMMARY = 'BTC/USDT long: price 101, entry 100, stop 99, moved from 98, target 106.'

describe('the drawn ruler', () => {
  it('is hidden from assistive technology behind its summary in words', () => {
    render(
      <StopRuler
        side="long"
        entry="100"
        initialStop="98"
        stop="99"
        target="106"
        mark="101"
        partsTaken={0}
        trailed
        summary={SUMMARY}
      />,
    )
    expect(screen.getByRole('figure')).toHaveTextContent(SUMMARY)
    expect(screen.getByText('1R').closest('[aria-hidden="true"]')).not.toBeNull()
  })

  it('says why there is none', () => {
    render(
      <StopRuler
        side="long"
        entry="98"
        initialStop="98"
        stop="99"
        target={null}
        mark="101"
        partsTaken={0}
        trailed={false}
        summary=""
      />,
    )
    expect(screen.getByText(/No ruler/)).toBeInTheDocument()
  })
})
