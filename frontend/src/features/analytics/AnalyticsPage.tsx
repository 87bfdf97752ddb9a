import { useQuery } from '@tanstack/react-query'
import { Suspense, useMemo } from 'react'
import { strategiesQuery, walletsQuery } from '@/lib/api/queries'
import { useMarketMinute } from '@/lib/stream/link'
import { EnvironmentBadge } from '@/ui/Badge'
import { Button } from '@/ui/Button'
import { SelectField, TextField } from '@/ui/Field'
import { part } from '@/ui/part'
import { Skeleton } from '@/ui/Skeleton'
import { AttributionPanel } from './AttributionPanel'
import { type AnalyticsSearch, askedOf, RANGES, type RangeName } from './analytics-filter'
import { CalendarPanel } from './CalendarPanel'
import { ComparePanel } from './ComparePanel'
import { DrawdownsPanel } from './DrawdownsPanel'
import { EquityPanel } from './EquityPanel'
import { ExcursionsPanel } from './ExcursionsPanel'
import { FiguresPanel } from './FiguresPanel'
import { RiskMetricsPanel } from './RiskMetricsPanel'

const ExecutionPanel = part(() => import('./ExecutionPanel').then((module) => ({ default: module.ExecutionPanel })))

interface Props {
  readonly search: AnalyticsSearch
  readonly onSearch: (change: Partial<AnalyticsSearch>) => void
}

function Filters({ search, onSearch }: Props) {
  const wallets = useQuery(walletsQuery)
  const strategies = useQuery(strategiesQuery)
  const environment = search.environment ?? 'paper'
  const own = (wallets.data ?? []).filter((wallet) => wallet.environment === environment)
  return (
    <search className="grid grid-cols-2 items-end gap-2 rounded-md border border-line bg-s1 p-3 sm:flex sm:flex-wrap sm:[&_select]:max-w-56">
      <SelectField
        label="Money"
        value={environment}
        onChange={(event) =>
          onSearch({ environment: event.target.value === 'live' ? 'live' : undefined, wallet: undefined })
        }
        options={[
          ['paper', 'Paper'],
          ['live', 'Live'],
        ]}
      />
      <SelectField
        label="Range"
        value={search.range ?? 'all'}
        onChange={(event) => onSearch({ range: event.target.value as RangeName })}
        options={RANGES.map(([name, title]) => [name, title] as const)}
      />
      <SelectField
        label="Wallet"
        value={search.wallet ?? ''}
        onChange={(event) => onSearch({ wallet: event.target.value || undefined })}
        options={[['', 'All wallets'], ...own.map((wallet) => [wallet.id, wallet.name] as const)]}
      />
      <SelectField
        label="Strategy"
        value={search.strategy ?? ''}
        onChange={(event) => onSearch({ strategy: event.target.value || undefined })}
        options={[['', 'All strategies'], ...(strategies.data ?? []).map((one) => [one.id, one.name] as const)]}
      />
      <TextField
        key={search.tag ?? ''}
        label="Tag"
        defaultValue={search.tag ?? ''}
        maxLength={40}
        fieldClassName="sm:w-32"
        onBlur={(event) => onSearch({ tag: event.target.value.trim() || undefined })}
        onKeyDown={(event) => event.key === 'Enter' && event.currentTarget.blur()}
      />
      {(search.wallet || search.strategy || search.tag || search.range) && (
        <Button
          kind="quiet"
          onClick={() => onSearch({ wallet: undefined, strategy: undefined, tag: undefined, range: undefined })}
        >
          Clear filters
        </Button>
      )}
      <span className="ml-auto self-center">
        <EnvironmentBadge environment={environment} />
      </span>
    </search>
  )
}

/** What was made, at which risk, on what, and how far the figures can be trusted. Paper and live are never summed. */
export function AnalyticsPage({ search, onSearch }: Props) {
  const market = useMarketMinute()
  const asked = useMemo(() => askedOf(search, market ?? Date.now()), [search, market])
  return (
    <div className="grid gap-3">
      <Filters search={search} onSearch={onSearch} />
      <FiguresPanel asked={asked}>
        <EquityPanel asked={asked} />
        <div className="grid items-start gap-3 xl:grid-cols-2">
          <CalendarPanel asked={asked} />
          <DrawdownsPanel asked={asked} />
        </div>
        <AttributionPanel asked={asked} by={search.by ?? 'symbol'} onBy={(by) => onSearch({ by })} />
        <ExcursionsPanel asked={asked} />
        <RiskMetricsPanel asked={asked} />
        <ComparePanel asked={asked} by={search.beside ?? 'strategy'} onBy={(beside) => onSearch({ beside })} />
      </FiguresPanel>
      <Suspense fallback={<Skeleton label="Loading execution quality" rows={10} />}>
        <ExecutionPanel search={search} />
      </Suspense>
    </div>
  )
}
