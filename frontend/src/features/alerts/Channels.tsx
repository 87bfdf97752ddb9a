import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Suspense, useState } from 'react'
import { call } from '@/lib/api/call'
import { keys } from '@/lib/api/queries'
import type { Channel, ChannelState, EventLevel, NotificationSettings } from '@/lib/api/types'
import { words } from '@/lib/format/words'
import { Badge } from '@/ui/Badge'
import { Button } from '@/ui/Button'
import { FormError } from '@/ui/ErrorState'
import { Panel } from '@/ui/Panel'
import { part } from '@/ui/part'
import { toast } from '@/ui/Toast'
import { CHANNEL_NAMES, LEVELS } from './alert-words'
import { useSettingsChange } from './useSettingsChange'

const TelegramDialog = part(() => import('./TelegramDialog').then((module) => ({ default: module.TelegramDialog })))
const ServiceDialog = part(() => import('./ServiceDialog').then((module) => ({ default: module.ServiceDialog })))

function stateOf({ available, reachable, address }: ChannelState): string {
  if (!available) return 'Not set up on this server'
  return reachable && address !== null ? address : 'Not linked'
}

interface RowProps {
  readonly channel: ChannelState
  readonly onLink: () => void
}

/** One channel: where it reaches, from which level on, and a test. */
function ChannelRow({ channel, onLink }: RowProps) {
  const client = useQueryClient()
  const name = CHANNEL_NAMES[channel.channel]
  const outside = channel.channel === 'in_app' ? null : channel.channel
  const change = useSettingsChange()
  const test = useMutation({
    mutationFn: () => call('POST /notifications/test/{channel}', { path: { channel: channel.channel } }),
    onSuccess: () => toast(`Test message to ${name} is on its way.`),
  })
  const unlink = useMutation({
    mutationFn: () =>
      call(channel.channel === 'telegram' ? 'DELETE /notifications/telegram' : 'DELETE /notifications/message-service'),
    onSuccess: (settings) => client.setQueryData(keys.notificationSettings, settings),
  })
  const linkable = channel.available && (channel.channel === 'telegram' || channel.channel === 'sms')
  const error = change.error ?? test.error ?? unlink.error
  return (
    <li className="border-t border-line px-3 py-2 first:border-t-0">
      <div className="flex flex-wrap items-center gap-2">
        <span className="min-w-28 font-semibold">{name}</span>
        <span className="min-w-0 flex-1 text-mid [overflow-wrap:anywhere]">{stateOf(channel)}</span>
        {channel.reachable ? <Badge tone="outline">linked</Badge> : null}
      </div>
      <div className="mt-1 flex flex-wrap items-center gap-2">
        {outside && channel.available && (
          <label className="flex items-center gap-1 text-xs text-mid">
            from
            <select
              className="input w-auto!"
              aria-label={`Least level by ${name}`}
              value={channel.level}
              disabled={change.isPending}
              onChange={(event) =>
                change.mutate({ levels: [{ channel: outside, level: event.target.value as EventLevel }] })
              }
            >
              {LEVELS.map((level) => (
                <option key={level} value={level}>
                  {words(level)}
                </option>
              ))}
            </select>
            up
          </label>
        )}
        {channel.reachable && (
          <Button pending={test.isPending} onClick={() => test.mutate()} aria-label={`Send test by ${name}`}>
            Send test
          </Button>
        )}
        {linkable && (
          <Button onClick={onLink} aria-label={`${channel.reachable ? 'Change' : 'Link'} ${name}`}>
            {channel.reachable ? 'Change' : 'Link'}
          </Button>
        )}
        {linkable && channel.reachable && (
          <Button kind="quiet" pending={unlink.isPending} onClick={() => unlink.mutate()} aria-label={`Unlink ${name}`}>
            Unlink
          </Button>
        )}
      </div>
      {error && <FormError error={error} />}
    </li>
  )
}

export function Channels({ settings }: { readonly settings: NotificationSettings }) {
  const [linking, setLinking] = useState<Channel | null>(null)
  return (
    <Panel title="Channels">
      <ul>
        {settings.channels.map((channel) => (
          <ChannelRow key={channel.channel} channel={channel} onLink={() => setLinking(channel.channel)} />
        ))}
      </ul>
      <Suspense fallback={null}>
        {linking === 'telegram' && <TelegramDialog settings={settings} onClose={() => setLinking(null)} />}
        {linking === 'sms' && <ServiceDialog services={settings.message_services} onClose={() => setLinking(null)} />}
      </Suspense>
    </Panel>
  )
}
