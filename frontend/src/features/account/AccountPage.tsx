import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { call, signOut } from '@/lib/api/call'
import { accountQuery, keys, meQuery, sessionsQuery } from '@/lib/api/queries'
import type { Account, SignInSession } from '@/lib/api/types'
import { count } from '@/lib/format/numbers'
import { dateTime } from '@/lib/format/time'
import { words } from '@/lib/format/words'
import { type Density, type PnlColours, setAppearance, type Theme, useAppearance } from '@/lib/preferences/appearance'
import { showUtc, useZone } from '@/lib/preferences/zone'
import { Badge } from '@/ui/Badge'
import { Button } from '@/ui/Button'
import { FormError } from '@/ui/ErrorState'
import { Facts } from '@/ui/Facts'
import { SelectField } from '@/ui/Field'
import { Panel } from '@/ui/Panel'
import { Pnl } from '@/ui/Pnl'
import { Surface } from '@/ui/Surface'
import { Switch } from '@/ui/Switch'
import { toast } from '@/ui/Toast'
import { Deletion } from './Deletion'
import { deviceName } from './device-name'
import { TimeZone } from './TimeZone'
import { TwoFactor } from './TwoFactor'

function Profile() {
  const me = useQuery(meQuery)
  const zone = useZone()
  const account = useQuery(accountQuery)
  const leave = useMutation({ mutationFn: signOut })
  return (
    <Panel title="Profile">
      <Surface query={me} what="Your profile">
        {(data) => (
          <div className="space-y-3 p-3">
            <Facts
              facts={[
                ['E-mail', data.email],
                ['Verified', data.email_verified ? 'Yes' : 'No: open the link in the message we sent you'],
                ['Role', words(data.role)],
                ['Member since', dateTime(data.created_at, zone)],
              ]}
            />
            {account.data && <TimeZone key={account.data.time_zone} account={account.data} />}
            <Button onClick={() => leave.mutate()} pending={leave.isPending} pendingText="Signing out…">
              Sign out
            </Button>
          </div>
        )}
      </Surface>
    </Panel>
  )
}

function Looks() {
  const { theme, pnl, density } = useAppearance()
  const zone = useZone()
  const me = useQuery(meQuery)
  const utcAccount = me.data?.time_zone === 'UTC'
  return (
    <Panel title="Appearance">
      <div className="grid gap-3 p-3 sm:grid-cols-2">
        <SelectField
          label="Theme"
          value={theme}
          onChange={(event) => setAppearance({ theme: event.target.value as Theme })}
          options={[
            ['system', 'As the system has it'],
            ['dark', 'Dark'],
            ['light', 'Light'],
          ]}
        />
        <SelectField
          label="Density"
          value={density}
          onChange={(event) => setAppearance({ density: event.target.value as Density })}
          options={[
            ['compact', 'Compact'],
            ['comfortable', 'Comfortable'],
          ]}
        />
        <SelectField
          label="Profit and loss colours"
          hint="Blue and orange stay apart for every kind of colour vision."
          value={pnl}
          onChange={(event) => setAppearance({ pnl: event.target.value as PnlColours })}
          options={[
            ['blue-orange', 'Blue profit, orange loss'],
            ['green-red', 'Green profit, red loss'],
            ['red-green', 'Red profit, green loss'],
          ]}
        />
        <div className="self-center">
          <p className="text-xs font-semibold text-mid">Example</p>
          <p className="mt-1 flex flex-wrap gap-4 text-base font-semibold">
            <Pnl value="182.72" percent="1.24" />
            <Pnl value="-61.05" percent="-0.41" />
          </p>
        </div>
        {!utcAccount && (
          <Switch
            label="Show times in UTC"
            hint={`Now shown in ${zone}.`}
            checked={zone === 'UTC'}
            onChange={(event) => showUtc(event.target.checked)}
          />
        )}
      </div>
    </Panel>
  )
}

function SessionRow({ session }: { readonly session: SignInSession }) {
  const zone = useZone()
  const client = useQueryClient()
  const revoke = useMutation({
    mutationFn: () => call('DELETE /auth/sessions/{session_id}', { path: { session_id: session.id } }),
    onSuccess: () => {
      toast('That session is signed out.')
      void client.invalidateQueries({ queryKey: keys.sessions })
    },
  })
  const name = deviceName(session.user_agent)
  return (
    <li className="flex flex-wrap items-center gap-x-3 gap-y-1 px-3 py-2">
      <span className="min-w-0 flex-1">
        <span className="font-semibold">{name}</span> {session.current && <Badge>This one</Badge>}
        <span className="num block text-xs text-mid">
          Signed in {dateTime(session.created_at, zone)} · last used {dateTime(session.last_used_at, zone)}
        </span>
      </span>
      {!session.current && (
        <Button
          onClick={() => revoke.mutate()}
          pending={revoke.isPending}
          pendingText="Signing out…"
          aria-label={`Sign out session: ${name}`}
        >
          Sign out session
        </Button>
      )}
      {revoke.error && <FormError error={revoke.error} />}
    </li>
  )
}

const QUOTAS: Record<string, string> = {
  wallets: 'Wallets',
  subscriptions: 'Subscriptions (strategy, symbol, timeframe)',
  exports_per_day: 'Exports in 24 hours',
  screenshots: 'Screenshots',
}

function Quotas({ account }: { readonly account: Account }) {
  return (
    <Panel title="What you use">
      <Facts
        className="p-3"
        facts={account.quotas.map((one) => [
          QUOTAS[one.name] ?? words(one.name),
          `${count(one.used)} of ${count(one.limit)}`,
        ])}
      />
    </Panel>
  )
}

function YourData({ exports }: { readonly exports: ReactNode }) {
  const client = useQueryClient()
  const ask = useMutation({
    mutationFn: () => call('POST /exports', { body: { kind: 'account' } }),
    onSuccess: () => void client.invalidateQueries({ queryKey: keys.exports }),
  })
  return (
    <Panel title="Your data">
      <div className="space-y-2 p-3">
        <p className="text-mid">
          Everything that is kept of you, as one archive: a file per table. Keys, passwords and codes are not in it.
        </p>
        {ask.error && <FormError error={ask.error} />}
        <Button onClick={() => ask.mutate()} pending={ask.isPending} pendingText="Asking…">
          Export my data
        </Button>
      </div>
      {exports}
    </Panel>
  )
}

/** `exports` lists the exports; it is shared with the journal. */
export function AccountPage({ exports }: { readonly exports: ReactNode }) {
  const sessions = useQuery(sessionsQuery)
  const account = useQuery(accountQuery)
  return (
    <div className="grid items-start gap-3 lg:grid-cols-2">
      <Profile />
      <TwoFactor />
      <Looks />
      {account.data && <Quotas account={account.data} />}
      <div className="lg:col-span-2">
        <Panel title="Sessions">
          <Surface query={sessions} what="Sessions">
            {(items) => (
              <ul className="divide-y divide-line">
                {items.map((session) => (
                  <SessionRow key={session.id} session={session} />
                ))}
              </ul>
            )}
          </Surface>
        </Panel>
      </div>
      <YourData exports={exports} />
      {account.data && <Deletion account={account.data} />}
      <p className="text-2xs text-mid lg:col-span-2">
        <a
          href="https://www.tradingview.com/"
          target="_blank"
          rel="noopener noreferrer"
          className="inline-flex min-h-6 items-center underline pointer-coarse:min-h-11"
        >
          Charts by TradingView
        </a>{' '}
        (Lightweight Charts, © TradingView, Inc., Apache License 2.0).
      </p>
    </div>
  )
}
