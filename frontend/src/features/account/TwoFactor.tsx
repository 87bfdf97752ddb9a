import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { call } from '@/lib/api/call'
import { saveAs } from '@/lib/api/files'
import { keys, securityQuery } from '@/lib/api/queries'
import { dateTime } from '@/lib/format/time'
import { plural } from '@/lib/format/words'
import { byField } from '@/lib/forms'
import { useZone } from '@/lib/preferences/zone'
import { Badge } from '@/ui/Badge'
import { Button } from '@/ui/Button'
import { FormError } from '@/ui/ErrorState'
import { TextField } from '@/ui/Field'
import { DialogActions, Modal } from '@/ui/Modal'
import { Panel } from '@/ui/Panel'
import { QrCode } from '@/ui/QrCode'
import { Skeleton } from '@/ui/Skeleton'
import { Surface } from '@/ui/Surface'
import { toast } from '@/ui/Toast'

/** The codes are shown this once: they are saved or written down before the dialog closes. */
function RecoveryCodes({ codes, onClose }: { readonly codes: ReadonlyArray<string>; readonly onClose: () => void }) {
  return (
    <Modal
      open
      onClose={onClose}
      role="alertdialog"
      title="Your recovery codes"
      description="Each takes the place of your authenticator once. They are never shown again: keep them where the phone is not."
    >
      <ul className="num mt-3 grid grid-cols-1 gap-1 rounded border border-line bg-s2 p-3 select-all sm:grid-cols-2">
        {codes.map((code) => (
          <li key={code}>{code}</li>
        ))}
      </ul>
      <DialogActions>
        <Button
          onClick={() =>
            saveAs(new Blob([`${codes.join('\n')}\n`], { type: 'text/plain' }), 'stackalpha-recovery-codes.txt')
          }
        >
          Download
        </Button>
        <Button kind="primary" onClick={onClose}>
          I have kept them
        </Button>
      </DialogActions>
    </Modal>
  )
}

function SetUp({
  onClose,
  onDone,
}: {
  readonly onClose: () => void
  readonly onDone: (codes: ReadonlyArray<string>) => void
}) {
  const begin = useQuery({
    queryKey: ['two-factor-setup'],
    queryFn: () => call('POST /account/two-factor'),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
    retry: false,
  })
  const confirm = useMutation({
    mutationFn: (code: string) => call('POST /account/two-factor/confirm', { body: { code } }),
    onSuccess: (answer) => onDone(answer.recovery_codes),
  })
  const { known } = byField(confirm.error, ['code'])
  return (
    <Modal
      open
      onClose={onClose}
      title="Set up two-factor sign-in"
      description="Signing in, and whatever raises risk, then asks for a code that only your phone knows."
    >
      {begin.isPending && <Skeleton label="Making a secret" rows={4} />}
      {begin.error && <FormError error={begin.error} />}
      {begin.data && (
        <form
          noValidate
          onSubmit={(event) => {
            event.preventDefault()
            confirm.mutate(String(new FormData(event.currentTarget).get('code')).trim())
          }}
        >
          <ol className="mt-3 list-decimal space-y-3 pl-5">
            <li>
              <p>Scan this with an authenticator app:</p>
              <QrCode rows={begin.data.qr_rows} label="QR code of the secret" />
            </li>
            <li>
              <p>Or type the secret there (time-based, six digits):</p>
              <p className="num mt-1 font-semibold break-all select-all">{begin.data.secret}</p>
            </li>
            <li>
              <TextField
                label="Type the code that it shows"
                name="code"
                inputMode="numeric"
                autoComplete="one-time-code"
                maxLength={6}
                required
                error={known.get('code')}
              />
            </li>
          </ol>
          {confirm.error && known.size === 0 && <FormError error={confirm.error} />}
          <DialogActions>
            <Button onClick={onClose}>Not now</Button>
            <Button kind="primary" type="submit" pending={confirm.isPending} pendingText="Checking…">
              Switch on
            </Button>
          </DialogActions>
        </form>
      )}
    </Modal>
  )
}

export function TwoFactor() {
  const zone = useZone()
  const client = useQueryClient()
  const security = useQuery(securityQuery)
  const [settingUp, setSettingUp] = useState(false)
  const [codes, setCodes] = useState<ReadonlyArray<string> | null>(null)
  const refresh = () => void client.invalidateQueries({ queryKey: keys.security })
  const renew = useMutation({
    mutationFn: () => call('POST /account/two-factor/recovery-codes'),
    onSuccess: (answer) => {
      setCodes(answer.recovery_codes)
      refresh()
    },
  })
  const off = useMutation({
    mutationFn: () => call('DELETE /account/two-factor'),
    onSuccess: () => {
      toast('Two-factor sign-in is off.')
      refresh()
    },
  })
  return (
    <Panel
      title="Two-factor sign-in"
      aside={security.data && <Badge>{security.data.two_factor.enabled ? 'On' : 'Off'}</Badge>}
    >
      <Surface query={security} what="Two-factor sign-in">
        {({ two_factor: state }) => (
          <div className="space-y-3 p-3">
            <p className="text-mid">
              {state.enabled
                ? `On since ${dateTime(state.enabled_at, zone)}. ${plural(state.recovery_codes_left, 'recovery code')} left.`
                : 'Off: whoever has your password can loosen limits and resume trading. Live trading needs it.'}
            </p>
            {state.enabled && state.recovery_codes_left < 3 && (
              <p className="font-semibold text-crit">‼ Few recovery codes are left: make new ones.</p>
            )}
            {(renew.error ?? off.error) && <FormError error={renew.error ?? off.error} />}
            <div className="flex flex-wrap gap-2">
              {state.enabled ? (
                <>
                  <Button onClick={() => renew.mutate()} pending={renew.isPending} pendingText="Making codes…">
                    New recovery codes
                  </Button>
                  <Button onClick={() => off.mutate()} pending={off.isPending} pendingText="Switching off…">
                    Switch off
                  </Button>
                </>
              ) : (
                <Button kind="primary" onClick={() => setSettingUp(true)}>
                  Set up two-factor sign-in
                </Button>
              )}
            </div>
          </div>
        )}
      </Surface>
      {settingUp && (
        <SetUp
          onClose={() => setSettingUp(false)}
          onDone={(made) => {
            setSettingUp(false)
            setCodes(made)
            refresh()
          }}
        />
      )}
      {codes && <RecoveryCodes codes={codes} onClose={() => setCodes(null)} />}
    </Panel>
  )
}
