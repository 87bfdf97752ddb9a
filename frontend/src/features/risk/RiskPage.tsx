import { useQuery } from '@tanstack/react-query'
import { type ReactNode, Suspense } from 'react'
import { riskSettingsQuery } from '@/lib/api/queries'
import { part } from '@/ui/part'
import { Skeleton } from '@/ui/Skeleton'
import { Surface } from '@/ui/Surface'
import { Calculator } from './Calculator'
import { LimitsInUse } from './LimitsInUse'
import { PendingChanges } from './PendingChanges'
import { Profiles } from './Profiles'
import { Refusals } from './Refusals'
import { ScopedLimits } from './ScopedLimits'
import { TradingHours } from './TradingHours'

const RiskForm = part(() => import('./RiskForm').then((module) => ({ default: module.RiskForm })))
const SECTIONS = [
  ['now', 'Now'],
  ['calculator', 'Calculator'],
  ['breakers', 'Breakers'],
  ['profiles', 'Profiles'],
  ['settings', 'Limits and settings'],
  ['hours', 'Trading hours'],
  ['decisions', 'Decisions'],
] as const

function Section({ id, children }: { readonly id: (typeof SECTIONS)[number][0]; readonly children: ReactNode }) {
  return (
    <div id={id} className="scroll-mt-28 space-y-3">
      {children}
    </div>
  )
}

/** What is at risk now, what an entry would come to, and every limit with the way to change it. */
export function RiskPage({ breakers }: { readonly breakers: ReactNode }) {
  const settings = useQuery(riskSettingsQuery)
  return (
    <div className="space-y-3">
      <nav aria-label="On this page" className="-mx-1 flex flex-wrap gap-x-1">
        {SECTIONS.map(([id, title]) => (
          <a
            key={id}
            href={`#${id}`}
            className="inline-flex min-h-control items-center rounded px-2 text-xs text-mid hover:bg-s3 hover:text-fg"
          >
            {title}
          </a>
        ))}
      </nav>
      <Section id="now">
        <LimitsInUse />
      </Section>
      <Section id="calculator">
        <Calculator />
      </Section>
      <Section id="breakers">{breakers}</Section>
      <Surface query={settings} what="Risk settings" loading={<Skeleton label="Loading risk settings" rows={10} />}>
        {(saved) => (
          <div className="space-y-3">
            <PendingChanges saved={saved.result} />
            <Section id="profiles">
              <Profiles saved={saved} />
            </Section>
            <Section id="settings">
              <Suspense fallback={<Skeleton label="Loading the form" rows={10} />}>
                <RiskForm saved={saved} />
              </Suspense>
              <ScopedLimits />
            </Section>
          </div>
        )}
      </Surface>
      <Section id="hours">
        <TradingHours />
      </Section>
      <Section id="decisions">
        <Refusals />
      </Section>
    </div>
  )
}
