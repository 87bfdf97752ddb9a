// The words of the alerts page for the server's codes.
import type { Channel, EventLevel, Notification } from '@/lib/api/types'
import type { BadgeTone } from '@/ui/Badge'

export const CHANNEL_NAMES: Readonly<Record<Channel, string>> = {
  in_app: 'Web app',
  telegram: 'Telegram',
  email: 'E-mail',
  sms: 'SMS and others',
}
export const MODE_NAMES: Readonly<Record<string, string>> = {
  on: 'On',
  silent: 'Silent',
  digest: 'Daily digest',
  off: 'Off',
}
export const LEVELS = ['info', 'warning', 'error', 'critical'] as const
export const LEVEL_TONES: Readonly<Record<EventLevel, BadgeTone>> = {
  info: 'plain',
  warning: 'outline',
  error: 'warn',
  critical: 'crit',
}
export const CATEGORIES = ['trade', 'risk', 'error', 'system', 'security'] as const

/** "Telegram sent, e-mail waiting: The mail server was not reached."; empty where nobody else was told. */
export function deliveryText(deliveries: Notification['deliveries']): string {
  return deliveries
    .map(({ channel, state, error }) => {
      const name = CHANNEL_NAMES[channel]
      return error !== null && state !== 'sent' ? `${name} ${state}: ${error.replace(/\.$/, '')}` : `${name} ${state}`
    })
    .join(', ')
}

/** A template's figures in braces read as words: "{symbol} {side} opened" gives "Symbol, side opened". */
export function templateText(template: string): string {
  const text = template.replace(/\{(\w+)\}/g, (_, name: string) => `‹${name.replaceAll('_', ' ')}›`)
  return text.charAt(0).toUpperCase() + text.slice(1)
}
