import { useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { call } from '@/lib/api/call'
import { ApiProblem } from '@/lib/api/problem'
import { keys } from '@/lib/api/queries'
import { applyFrame } from '@/lib/stream/apply'
import { StreamConnection } from '@/lib/stream/connection'
import { currentLink, setLinkState, setReached } from '@/lib/stream/link'
import { announce } from './announcements'

/** Keeps one stream open while the shell is on the page; when it is lost the queries start to poll. */
export function useStream(enabled: boolean): void {
  const client = useQueryClient()
  useEffect(() => {
    if (!enabled) return
    const stream = new StreamConnection({
      ticket: async () => {
        try {
          const { ticket } = await call('POST /stream/ticket')
          setReached(true)
          return ticket
        } catch (error) {
          // A gateway in front of a server that is down answers too: with a 5xx.
          setReached(error instanceof ApiProblem && error.status > 0 && error.status < 500)
          throw error
        }
      },
      apply: (frame) => {
        applyFrame(client, frame)
        announce(frame)
      },
      link: (state) => {
        const before = currentLink().state
        setLinkState(state)
        if (state === 'offline' && before !== 'offline') {
          for (const queryKey of [keys.positions, keys.wallets, keys.breaker]) {
            void client.invalidateQueries({ queryKey })
          }
        }
      },
    })
    stream.start()
    return () => stream.stop()
  }, [client, enabled])
}
