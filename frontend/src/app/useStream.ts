import { useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { call } from '@/lib/api/call'
import { keys } from '@/lib/api/queries'
import { applyFrame } from '@/lib/stream/apply'
import { StreamConnection } from '@/lib/stream/connection'
import { currentLink, setLinkState } from '@/lib/stream/link'
import { announce } from './announcements'

/** Keeps one stream open while the shell is on the page; when it is lost the queries start to poll. */
export function useStream(enabled: boolean): void {
  const client = useQueryClient()
  useEffect(() => {
    if (!enabled) return
    const stream = new StreamConnection({
      ticket: async () => (await call('POST /stream/ticket')).ticket,
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
