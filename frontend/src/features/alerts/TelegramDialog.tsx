import { useMutation, useQuery } from '@tanstack/react-query'
import { useEffect, useRef } from 'react'
import { call } from '@/lib/api/call'
import { notificationSettingsQuery } from '@/lib/api/queries'
import type { NotificationSettings } from '@/lib/api/types'
import { hourMinute } from '@/lib/format/time'
import { useZone } from '@/lib/preferences/zone'
import { Button, buttonClass } from '@/ui/Button'
import { FormError } from '@/ui/ErrorState'
import { DialogActions, Modal } from '@/ui/Modal'
import { QrCode } from '@/ui/QrCode'
import { Skeleton } from '@/ui/Skeleton'

const ASK_AGAIN_MS = 3000

/** The chat that is linked; undefined where none is. */
function chatOf(settings: NotificationSettings | undefined): string | undefined {
  const channel = settings?.channels.find((one) => one.channel === 'telegram')
  return channel?.reachable ? (channel.address ?? undefined) : undefined
}

/** A one-time code as address, picture and command; the page waits until a chat has used it. */
export function TelegramDialog({
  settings,
  onClose,
}: {
  readonly settings: NotificationSettings
  readonly onClose: () => void
}) {
  const zone = useZone()
  const before = useRef(chatOf(settings))
  const { data } = useQuery({ ...notificationSettingsQuery, refetchInterval: ASK_AGAIN_MS })
  const link = useMutation({ mutationFn: () => call('POST /notifications/telegram/link') })
  const { mutate } = link
  useEffect(() => mutate(), [mutate])
  const chat = chatOf(data)
  const linked = chat !== undefined && chat !== before.current
  return (
    <Modal
      open
      onClose={onClose}
      title="Link Telegram"
      description="One chat is told; whoever has it can pause trading."
    >
      {link.isPending && <Skeleton label="Making a code" />}
      {link.error && <FormError error={link.error} />}
      {link.data && !linked && (
        <ol className="mt-3 list-decimal space-y-3 pl-5">
          <li>
            <p>On this device open the bot and press Start:</p>
            <a href={link.data.url} target="_blank" rel="noreferrer" className={buttonClass('primary', 'mt-1')}>
              Open Telegram
            </a>
          </li>
          <li>
            <p>Or scan with the phone that has Telegram:</p>
            <QrCode rows={link.data.qr_rows} label="QR code of the same address" />
          </li>
          <li>
            <p>Or, where the chat is open already, send the bot</p>
            <p className="num mt-1 text-base font-semibold select-all">{link.data.command}</p>
          </li>
        </ol>
      )}
      <p role="status" className="mt-3 text-mid">
        {linked
          ? `Linked to ${chat}.`
          : link.data
            ? `Waiting for the chat. The code works once, until ${hourMinute(link.data.expires_at, zone)}.`
            : ''}
      </p>
      <DialogActions>
        {!linked && (
          <Button onClick={() => mutate()} disabled={link.isPending}>
            New code
          </Button>
        )}
        <Button kind={linked ? 'primary' : 'plain'} onClick={onClose}>
          {linked ? 'Done' : 'Cancel'}
        </Button>
      </DialogActions>
    </Modal>
  )
}
