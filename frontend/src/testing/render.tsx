import { type QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { type RenderResult, render } from '@testing-library/react'
import type { ReactNode } from 'react'
import { newQueryClient } from '@/lib/api/client'

/** The app's own, except that a failed read is told at once and nothing read stays fresh. */
export function testClient(): QueryClient {
  const client = newQueryClient()
  const { queries, ...rest } = client.getDefaultOptions()
  client.setDefaultOptions({ ...rest, queries: { ...queries, retry: false, staleTime: 0 } })
  return client
}

/** Renders with a query cache of its own. */
export function show(node: ReactNode, client = testClient()): RenderResult & { client: QueryClient } {
  const result = render(<QueryClientProvider client={client}>{node}</QueryClientProvider>)
  return { ...result, client }
}
