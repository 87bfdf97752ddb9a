import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Outlet, useLocation, useRouter } from '@tanstack/react-router'
import { Suspense, useEffect, useRef } from 'react'
import { KillSwitchBanner } from '@/features/circuit-breaker/KillSwitchBanner'
import { meQuery } from '@/lib/api/queries'
import { forget, useSessionState } from '@/lib/api/session'
import { useProofAsked } from '@/lib/api/step-up'
import { useWide } from '@/lib/preferences/wide'
import { setAccountZone } from '@/lib/preferences/zone'
import { part } from '@/ui/part'
import { Toasts } from '@/ui/Toast'
import { useAnnouncement } from './announcements'
import { LinkBanner } from './LinkStatus'
import { BottomNavigation, SideNavigation } from './Navigation'
import { titleOf } from './navigation'
import { TopBar } from './TopBar'
import { useAhead } from './useAhead'
import { useStream } from './useStream'

const StepUpDialog = part(() => import('@/features/auth/StepUpDialog'))
const ReauthDialog = part(() => import('@/features/auth/ReauthDialog'))

/** After a change of page the focus goes to its content and the window is named after it. */
function usePageFocus(): React.RefObject<HTMLElement | null> {
  const main = useRef<HTMLElement>(null)
  const { pathname } = useLocation()
  const first = useRef(true)
  useEffect(() => {
    document.title = `${titleOf(pathname)} · StackAlpha`
    if (!first.current) main.current?.focus()
    first.current = false
  }, [pathname])
  return main
}

export function AppShell() {
  const session = useSessionState()
  const client = useQueryClient()
  const router = useRouter()
  const wasSignedIn = useRef(false)
  const me = useQuery({ ...meQuery, enabled: session === 'signed-in' })
  const main = usePageFocus()
  const wide = useWide()
  const announcement = useAnnouncement()
  const proofAsked = useProofAsked()
  useStream(session === 'signed-in')
  useAhead(session === 'signed-in')
  useEffect(() => {
    if (me.data) setAccountZone(me.data.time_zone)
  }, [me.data])
  useEffect(() => {
    if (session === 'signed-out') {
      client.clear()
      // Who wanted this page and was not signed in after all comes back to it; who signed out does not.
      const search = wasSignedIn.current ? {} : { next: router.latestLocation.href }
      void router.navigate({ to: '/sign-in', search })
    }
    wasSignedIn.current ||= session === 'signed-in'
  }, [session, client, router])
  return (
    <div className="grid min-h-dvh grid-cols-1 lg:grid-cols-[12rem_minmax(0,1fr)]">
      <a
        href="#main"
        className="sr-only focus:not-sr-only focus:fixed focus:z-50 focus:m-2 focus:rounded focus:bg-s3 focus:p-2"
      >
        Skip to content
      </a>
      {wide && <SideNavigation />}
      <div className="flex min-w-0 flex-col">
        <div className="sticky top-0 z-20">
          <TopBar />
          <LinkBanner />
          <KillSwitchBanner />
        </div>
        <main id="main" ref={main} tabIndex={-1} className="flex-1 p-3 pb-24 outline-none md:p-4 lg:pb-4">
          <Outlet />
        </main>
      </div>
      {!wide && <BottomNavigation />}
      <p role="log" aria-live="polite" aria-label="Fills and closed trades" className="sr-only">
        {announcement}
      </p>
      <Toasts />
      {proofAsked && (
        <Suspense fallback={null}>
          <StepUpDialog />
        </Suspense>
      )}
      {session === 'expired' && (
        <Suspense fallback={null}>
          <ReauthDialog
            open
            email={me.data?.email ?? ''}
            onSignedIn={() => void client.invalidateQueries()}
            onLeave={() => forget('signed-out')}
          />
        </Suspense>
      )}
    </div>
  )
}
