// The trading state in words: one sentence everywhere.
import type { BreakerStatus, Wallet } from '@/lib/api/types'
import { hourMinute } from '@/lib/format/time'
import { words } from '@/lib/format/words'

export interface StateWords {
  readonly glyph: string
  readonly text: string
  /** For a phone. */
  readonly short: string
  readonly tone: 'plain' | 'outline' | 'warn' | 'crit'
  readonly more: string | null
}

/** A trip's reason is a code such as `daily_loss_limit`; a person's is a sentence. */
function because(reason: string | null): string {
  if (!reason) return ''
  return /^[a-z_]+$/.test(reason) ? words(reason).toLowerCase() : reason
}

export function tradingStateWords(
  breaker: BreakerStatus,
  wallets: ReadonlyArray<Wallet> | undefined,
  zone: string,
): StateWords {
  const reason = because(breaker.reason)
  const until = breaker.until === null ? 'needs you to resume' : `resets ${hourMinute(breaker.until, zone)}`
  if (breaker.state === 'halted') {
    const since = breaker.changed_at === null ? '' : ` since ${hourMinute(breaker.changed_at, zone)}`
    const text = `Halted${since}${reason ? ` by ${reason}` : ''}`
    return { glyph: '■', text, short: 'Halted', tone: 'crit', more: until }
  }
  if (breaker.state === 'reduce_only') {
    const more = [reason, until].filter(Boolean).join(' · ')
    return { glyph: '❚❚', text: 'Entries paused, exits still managed', short: 'Entries paused', tone: 'warn', more }
  }
  const trading = wallets?.filter((wallet) => wallet.status === 'active' && wallet.auto_trade_enabled).length
  if (trading === 0) {
    return { glyph: '○', text: 'Auto-trading off in every wallet', short: 'Trading off', tone: 'outline', more: null }
  }
  const held = breaker.wallets.filter((wallet) => wallet.state !== 'active').length
  const more = held > 0 ? `${held} of ${wallets?.length ?? held} wallets paused` : null
  return { glyph: '▶', text: 'Auto-trading on', short: 'Trading', tone: 'plain', more }
}
