// The kill switch's requests and its words.
import { queryOptions } from '@tanstack/react-query'
import { call } from '@/lib/api/call'
import type { BreakerStatus, KillSwitchPreview, KillSwitchReceipt, KillSwitchRun } from '@/lib/api/types'
import { plural } from '@/lib/format/words'

export const PHRASE = 'CLOSE ALL'
const RECEIPT_MS = 1000

export const previewQuery = (wallet: string) =>
  queryOptions({
    queryKey: ['kill-switch-preview', wallet],
    queryFn: ({ signal }) =>
      call('GET /circuit-breaker/preview', { query: wallet === '' ? {} : { wallet_id: wallet }, signal }),
    staleTime: 0,
  })

/** Read again each second until it is proven flat. */
export const receiptQuery = (run: string) =>
  queryOptions({
    queryKey: ['kill-switch-receipt', run],
    queryFn: ({ signal }) => call('GET /circuit-breaker/receipts/{run_id}', { path: { run_id: run }, signal }),
    refetchInterval: (query) => (query.state.data?.state === 'flat' ? false : RECEIPT_MS),
  })

/** The run that still stands: a kill switch stays latched, also once everything is flat. */
export function latchedRun(status: BreakerStatus | undefined): KillSwitchRun | null {
  if (status === undefined || status.kill_switch === null) return null
  return status.kill_switch.state !== 'flat' || status.trips.some((trip) => trip.cause === 'kill_switch')
    ? status.kill_switch
    : null
}

export function phraseMatches(typed: string): boolean {
  return typed.trim().replace(/\s+/g, ' ').toUpperCase() === PHRASE
}

/** What is about to happen, in one sentence. */
export function impactWords(preview: KillSwitchPreview): string {
  const closing = preview.positions.filter((position) => position.will_close)
  const cancelled = preview.orders.filter((order) => order.action !== 'keep_until_flat')
  return `Closes ${plural(closing.length, 'position')} at market and cancels ${plural(cancelled.length, 'order')}.`
}

export function stateWords(state: KillSwitchRun['state']): string {
  if (state === 'flat') return 'Everything is proven flat'
  if (state === 'escalated') return 'Not flat yet: the venue is asked again and again'
  return state === 'halted' ? 'Entries are halted, closing begins' : 'Closing'
}

export function outcomeWords(outcome: KillSwitchReceipt['positions'][number]['outcome']): string {
  return { closing: 'Closing…', closed: 'Closed', never_opened: 'Never opened', kept: 'Left alone, not ours' }[outcome]
}
