import './styles/base.css'
import { QueryClientProvider } from '@tanstack/react-query'
import { createRouter, RouterProvider } from '@tanstack/react-router'
import { StrictMode, startTransition } from 'react'
import { createRoot } from 'react-dom/client'
import { PageError, PagePending } from '@/app/PageError'
import { newQueryClient } from '@/lib/api/client'
import { followSystemTheme } from '@/lib/preferences/appearance'
import { routeTree } from './routeTree.gen'

const queryClient = newQueryClient()
const router = createRouter({
  routeTree,
  context: { queryClient },
  defaultPreload: 'intent',
  scrollRestoration: true,
  defaultErrorComponent: PageError,
  defaultPendingComponent: PagePending,
  defaultPendingMs: 300,
  defaultPendingMinMs: 0,
})
declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}

// The code of the page comes while its reader's session is renewed, not after it; the router says where it does not come.
const [matched] = router.getMatchedRoutes(router.latestLocation.pathname)
for (const route of matched) {
  router.loadRouteChunk(route)?.catch(() => undefined)
}
followSystemTheme()
const root = document.getElementById('root')
if (root === null) throw new Error('The page has no #root')
// In slices: a phone hears a tap between them.
startTransition(() =>
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={queryClient}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </StrictMode>,
  ),
)
