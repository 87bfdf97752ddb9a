import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type ReactNode, useDeferredValue } from 'react'
import { riskStatusQuery, walletsQuery } from '@/lib/api/queries'
import type { EnvironmentRisk } from '@/lib/api/types'
import { buttonClass } from '@/ui/Button'
import { cx } from '@/ui/classes'
import { EmptyState } from '@/ui/EmptyState'
import { Later } from '@/ui/Later'
import { Panel } from '@/ui/Panel'
import { Skeleton } from '@/ui/Skeleton'
import { Surface } from '@/ui/Surface'
import { HappenedPanel } from './HappenedPanel'
import { MONEY_HEIGHT, MoneyPanel } from './MoneyPanel'
import { NextEvents } from './NextEvents'
import { WalletStrip } from './WalletStrip'

interface Props {
  /** The first visit's steps; nothing once they are done. */
  readonly checklist: ReactNode
  readonly positions: ReactNode
  readonly breakers: ReactNode
  readonly alerts: ReactNode
}

/** Real money first. */
function inOrder(environments: ReadonlyArray<EnvironmentRisk>): EnvironmentRisk[] {
  return [...environments].sort((a, b) => a.environment.localeCompare(b.environment))
}

/** Keeps the height that its content mostly has, so that nothing below it moves as the content comes. */
function Room({ className, children }: { readonly className: string; readonly children: ReactNode }) {
  return <div className={cx('grid min-w-0', className)}>{children}</div>
}

/** What somebody who slept wants to know first. Paper and live stand apart and are never summed. */
export function OverviewPage({ checklist, positions, breakers, alerts }: Props) {
  const risk = useQuery(riskStatusQuery)
  const wallets = useQuery(walletsQuery)
  // Drawn in slices, too: the largest panel of the page would hold up a tap on what is there already.
  const environments = useDeferredValue(risk.data)
  const owned = useDeferredValue(wallets.data)
  return (
    <div className="grid gap-3">
      {checklist}
      <Surface
        query={{ ...risk, data: environments, isPending: environments === undefined && !risk.isError }}
        what="Equity and risk"
        loading={<Skeleton label="Loading equity and risk" rows={6} className={MONEY_HEIGHT} />}
        className="grid gap-3"
      >
        {(known) =>
          known.length === 0 ? (
            <Panel title="Money">
              <EmptyState title="There is no money to watch yet">
                <p>Create a wallet: paper money first. Its equity, its risk and its limits are shown here.</p>
                <Link to="/wallets" className={buttonClass('primary')}>
                  Create a wallet
                </Link>
              </EmptyState>
            </Panel>
          ) : (
            inOrder(known).map((one) => <MoneyPanel key={one.environment} risk={one} wallets={owned} />)
          )
        }
      </Surface>
      <div className="grid items-start gap-3 xl:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
        <div className="grid min-w-0 gap-3">
          <Room className="min-h-96">
            <Later until={<Skeleton label="Loading positions" rows={6} />}>{positions}</Later>
          </Room>
          <Room className="min-h-96">
            <Later until={null}>
              <HappenedPanel />
            </Later>
          </Room>
        </div>
        <div className="grid min-w-0 gap-3">
          <Room className="min-h-28">
            <Later until={<Skeleton label="Loading the trading state" rows={2} />}>{breakers}</Later>
          </Room>
          <Room className="min-h-44">
            <Later until={null}>
              <NextEvents />
            </Later>
          </Room>
          <Room className="min-h-96">
            <Later until={null}>{alerts}</Later>
          </Room>
          <Room className="min-h-28">
            <Later until={null}>
              <WalletStrip />
            </Later>
          </Room>
        </div>
      </div>
    </div>
  )
}
