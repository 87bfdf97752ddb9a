import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { anyTradeQuery, meQuery, positionsQuery, riskSettingsQuery, walletsQuery } from '@/lib/api/queries'
import { readMark, writeMark } from '@/lib/preferences/marks'
import { Button } from '@/ui/Button'
import { Icon } from '@/ui/icons'
import { Panel } from '@/ui/Panel'

const MARK = 'checklist-put-away'

/** The first visit's steps, done ones ticked; gone when all are done or put away, or while a position is held. */
export function Checklist() {
  const [away, setAway] = useState(() => readMark(MARK) === 'yes')
  const { data: held } = useQuery(positionsQuery)
  if (away || held === undefined || held.length > 0) return null
  return (
    <Steps
      onAway={() => {
        writeMark(MARK, 'yes')
        setAway(true)
      }}
    />
  )
}

function Steps({ onAway }: { readonly onAway: () => void }) {
  const me = useQuery(meQuery)
  const wallets = useQuery(walletsQuery)
  const settings = useQuery(riskSettingsQuery)
  const traded = useQuery(anyTradeQuery)
  // Not before everything has been answered: steps that show and vanish again move the page.
  const asked = settings.isPending || traded.isPending
  if (asked || me.data === undefined || wallets.data === undefined) return null
  const active = wallets.data.filter((wallet) => wallet.status === 'active')
  const steps = [
    { done: me.data.email_verified, text: 'Verify your e-mail address', to: '/account' },
    { done: active.length > 0, text: 'Create a paper wallet', to: '/wallets' },
    { done: (settings.data?.result.version ?? 1) > 1, text: 'Look over your limits', to: '/risk-management' },
    { done: active.some((wallet) => wallet.auto_trade_enabled), text: 'Enable auto-trading in it', to: '/wallets' },
    { done: traded.data === true, text: 'Watch the first position open', to: '/positions/live' },
  ] as const
  const left = steps.filter((step) => !step.done).length
  if (left === 0) return null
  return (
    <Panel
      title={`Getting started: ${steps.length - left} of ${steps.length} done`}
      aside={
        <Button kind="quiet" onClick={onAway}>
          Put away
        </Button>
      }
    >
      <ol className="grid gap-x-4 p-2 sm:grid-cols-2 xl:grid-cols-5">
        {steps.map((step) => (
          <li key={step.text} className="flex min-h-control items-center gap-2 px-1">
            <span
              className={`grid size-5 shrink-0 place-items-center rounded-full border ${step.done ? 'border-fg bg-s3' : 'border-line-strong'}`}
            >
              {step.done && <Icon name="check" size={12} />}
            </span>
            {step.done ? (
              <span className="text-mid">
                {step.text}
                <span className="sr-only"> (done)</span>
              </span>
            ) : (
              <Link to={step.to} className="inline-flex min-h-6 items-center underline pointer-coarse:min-h-11">
                {step.text}
              </Link>
            )}
          </li>
        ))}
      </ol>
    </Panel>
  )
}
