import { screen, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { describe, expect, it } from 'vitest'
import { POSITION } from '@/testing/examples'
import { show } from '@/testing/render'
import { HealthButton } from './HealthButton'
import { ordered } from './marking'

const health = POSITION.health
if (health === null) throw new Error('the example has a health')

describe('the health of a position', () => {
  it('says score and word, and gives its reasons when pressed', async () => {
    show(<HealthButton health={health} subject="BTC/USDT" />)
    await userEvent.click(screen.getByRole('button', { name: 'Health 82, healthy: reasons, BTC/USDT' }))
    const reasons = await screen.findByRole('dialog', { name: 'Health 82, healthy' })
    expect(within(reasons).getByText('1.50 R away from its stop')).toBeVisible()
    expect(within(reasons).getByText('unknown')).toBeVisible()
  })

  it('gives no score where there is none', () => {
    show(<HealthButton health={{ ...health, score: null, band: null }} subject="BTC/USDT" />)
    expect(screen.getByText('Health unknown')).toBeVisible()
  })

  it('puts positions without a stop first, then the worst score, then those unknown', () => {
    const scored = (id: string, score: number | null) => ({ ...POSITION, id, health: { ...health, score } })
    const list = [
      scored('well', 90),
      scored('unknown', null),
      scored('weak', 20),
      { ...POSITION, id: 'bare', protected: false },
    ]
    expect(ordered(list, 'health').map((position) => position.id)).toEqual(['bare', 'weak', 'well', 'unknown'])
  })
})
