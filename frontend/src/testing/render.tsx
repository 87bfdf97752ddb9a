import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { type RenderResult, render } from '@testing-library/react'
import type { ReactNode } from 'react'

export function testClient(): QueryClient {
  return new QueryClient({ defaultOptions: { queries: { retry: false }, mutations: { retry: false } } })
}

/** Renders with a query cache of its own. */
export function show(node: ReactNode, client = testClient()): RenderResult & { client: QueryClient } {
  const result = render(<QueryClientProvider client={client}>{node}</QueryClientProvider>)
  return { ...result, client }
}
