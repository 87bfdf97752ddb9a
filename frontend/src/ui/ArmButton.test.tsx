import { act, fireEvent, render, screen } from '@testing-library/react'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ARMED_MS, ArmButton } from './ArmButton'

const onFire = vi.fn()
beforeEach(() => {
  vi.useFakeTimers()
  onFire.mockClear()
})
afterEach(() => vi.useRealTimers())

function button(): HTMLElement {
  render(
    <ArmButton subject="BTC/USDT" confirm="Confirm exit, about −$182.72" onFire={onFire}>
      Exit now
    </ArmButton>,
  )
  return screen.getByRole('button', { name: 'Exit now: BTC/USDT' })
}

describe('a button armed in place', () => {
  it('only arms at the first press', () => {
    fireEvent.click(button())
    expect(onFire).not.toHaveBeenCalled()
    expect(screen.getByRole('button', { name: 'Confirm exit, about −$182.72: BTC/USDT' })).toBeVisible()
  })

  it('fires once at the second press and is disarmed', () => {
    const target = button()
    fireEvent.click(target)
    fireEvent.click(target)
    expect(onFire).toHaveBeenCalledTimes(1)
    expect(screen.getByRole('button', { name: 'Exit now: BTC/USDT' })).toBeVisible()
  })

  it('disarms after four seconds', () => {
    const target = button()
    fireEvent.click(target)
    act(() => {
      vi.advanceTimersByTime(ARMED_MS)
    })
    fireEvent.click(target)
    expect(onFire).not.toHaveBeenCalled()
  })

  it('still fires just before', () => {
    const target = button()
    fireEvent.click(target)
    act(() => {
      vi.advanceTimersByTime(ARMED_MS - 1)
    })
    fireEvent.click(target)
    expect(onFire).toHaveBeenCalledTimes(1)
  })

  it('disarms at Escape and when it loses the focus', () => {
    const target = button()
    fireEvent.click(target)
    fireEvent.keyDown(target, { key: 'Escape' })
    fireEvent.click(target)
    fireEvent.blur(target)
    fireEvent.click(target)
    expect(onFire).not.toHaveBeenCalled()
  })

  it('keeps its box: both texts are always in it', () => {
    const target = button()
    expect(target).toHaveTextContent('Confirm exit, about −$182.72')
    expect(target).toHaveTextContent('Exit now')
  })
})
