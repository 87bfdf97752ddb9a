import { screen, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { HttpResponse, http } from 'msw'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { show } from '@/testing/render'
import { api, problem, server } from '@/testing/server'
import { analytics } from '../../../e2e/mock-analytics.mjs'
import { executionStats } from '../../../e2e/mock-data.mjs'
import { AnalyticsPage } from './AnalyticsPage'

let empty = false
const asked: URLSearchParams[] = []

beforeEach(() => {
  empty = false
  asked.length = 0
  server.use(
    http.get(api('/analytics/:question'), ({ request, params }) => {
      const query = new URL(request.url).searchParams
      asked.push(query)
      return HttpResponse.json(analytics(`/analytics/${String(params.question)}`, query, empty))
    }),
    http.get(api('/execution/stats'), ({ request }) => {
      asked.push(new URL(request.url).searchParams)
      return HttpResponse.json(executionStats)
    }),
    http.get(api('/wallets'), () => HttpResponse.json({ items: [] })),
    http.get(api('/strategies'), () => HttpResponse.json({ items: [] })),
  )
})

describe('the analytics page', () => {
  it('shows each figure with its interval and sample, and marks those of too few', async () => {
    show(<AnalyticsPage search={{}} onSearch={vi.fn()} />)
    const table = await screen.findByRole('table', { name: 'Every figure' })
    expect(within(table).getByRole('row', { name: /^Sharpe 1\.42 0\.32 to 2\.52 n=364$/ })).toBeInTheDocument()
    expect(within(table).getByRole('row', { name: /^Average win .* n=12, too few$/ })).toBeInTheDocument()
  })

  it('says where a figure of a year was drawn out of hours', async () => {
    server.use(
      http.get(api('/analytics/portfolio'), ({ request }) => {
        const told = analytics('/analytics/portfolio', new URL(request.url).searchParams, false)
        return HttpResponse.json({ ...told, asked: { ...(told?.asked as object), interval: 'fine' } })
      }),
    )
    show(<AnalyticsPage search={{}} onSearch={vi.fn()} />)
    const table = await screen.findByRole('table', { name: 'Every figure' })
    expect(within(table).getByRole('row', { name: /^Sharpe .* n=364, a year from under 30 days$/ })).toBeInTheDocument()
    expect(within(table).getByRole('row', { name: /^Total return .* n=364$/ })).toBeInTheDocument()
  })

  it('adds the causes up in a last row, and names the method that does not hold', async () => {
    show(<AnalyticsPage search={{}} onSearch={vi.fn()} />)
    const table = await screen.findByRole('table', { name: 'Profit and loss by cause' })
    expect(within(table).getByRole('row', { name: /^All 412/ })).toHaveTextContent('+$1,915.86')
    const tails = await screen.findByRole('table', { name: 'Value at risk and expected shortfall' })
    expect(within(tails).getByRole('row', { name: /^Normal 99%/ })).toHaveTextContent('does not hold')
  })

  it('counts how far trades ran, winners apart from the others', async () => {
    show(<AnalyticsPage search={{}} onSearch={vi.fn()} />)
    const table = await screen.findByRole('table', { name: 'How far trades ran, in R' })
    expect(within(table).getByRole('row', { name: /^0\.25 to 0\.50 R 45 30 10 50$/ })).toBeInTheDocument()
    expect(within(table).getByRole('row', { name: /^3\.00 R and more/ })).toBeInTheDocument()
  })

  it('shows how well the orders behind it were carried out', async () => {
    show(<AnalyticsPage search={{ environment: 'live', strategy: 'ema_trend', tag: 'news' }} onSearch={vi.fn()} />)
    const region = await screen.findByRole('region', { name: 'Execution quality' })
    const slippage = await within(region).findByRole('table', { name: 'Slippage of all orders' })
    expect(within(slippage).getByRole('row', { name: /^All filled orders 1,204 / })).toBeInTheDocument()
    expect(within(region).getByRole('table', { name: 'Latency in milliseconds' })).toBeInTheDocument()
    expect(within(region).getByText('$1,204.55 (4.9 bp)')).toBeInTheDocument()
    expect(within(region).getByText(/orders of every tag/)).toBeInTheDocument()
    const query = asked.find((one) => one.has('from') && !one.has('tag'))
    expect([query?.get('environment'), query?.get('strategy')]).toEqual(['live', 'ema_trend'])
  })

  it('says in words what the line shows', async () => {
    show(<AnalyticsPage search={{}} onSearch={vi.fn()} />)
    expect(await screen.findByText(/^From \$10,000\.00 on .*deepest drawdown/)).toBeInTheDocument()
  })

  it('says why there is nothing', async () => {
    empty = true
    show(<AnalyticsPage search={{}} onSearch={vi.fn()} />)
    expect(await screen.findByText('No line to draw yet')).toBeInTheDocument()
    expect(screen.getAllByText(/no snapshot was taken and no trade closed/).length).toBeGreaterThan(0)
  })

  it('says what failed, with a way to try again', async () => {
    server.use(http.get(api('/analytics/portfolio'), () => problem(503, 'database_unavailable', 'No answer.')))
    show(<AnalyticsPage search={{}} onSearch={vi.fn()} />)
    expect(await screen.findByText('Figures could not be loaded')).toBeInTheDocument()
    expect(screen.getByRole('button', { name: 'Try again' })).toBeInTheDocument()
  })

  it('asks about what the address chooses, and writes choices into it', async () => {
    const onSearch = vi.fn()
    show(<AnalyticsPage search={{ environment: 'live', by: 'hour' }} onSearch={onSearch} />)
    await screen.findByRole('table', { name: 'Profit and loss by cause' })
    expect(asked.every((query) => query.get('environment') === 'live')).toBe(true)
    expect(asked.some((query) => query.get('by') === 'hour')).toBe(true)
    await userEvent.selectOptions(screen.getByRole('combobox', { name: 'Range' }), '1w')
    expect(onSearch).toHaveBeenCalledWith({ range: '1w' })
  })
})
