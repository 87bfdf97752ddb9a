import { useQuery } from '@tanstack/react-query'
import { Suspense, useState } from 'react'
import { scopedLimitsQuery } from '@/lib/api/queries'
import type { ScopedLimits as Scoped } from '@/lib/api/types'
import { plural } from '@/lib/format/words'
import { Badge } from '@/ui/Badge'
import { Button } from '@/ui/Button'
import { EmptyState } from '@/ui/EmptyState'
import { Panel } from '@/ui/Panel'
import { part } from '@/ui/part'
import { Surface } from '@/ui/Surface'
import { FIELDS, scopeName } from './scoped-limits'
import { shown } from './settings-form'

const ScopedLimitsDialog = part(() =>
  import('./ScopedLimitsDialog').then((module) => ({ default: module.ScopedLimitsDialog })),
)

function inWords(scoped: Scoped): string {
  const held = scoped as unknown as Record<string, string | number | null>
  const set = FIELDS.filter(({ name }) => held[name] !== null && held[name] !== undefined)
  return set.map((setting) => `${setting.label.toLowerCase()} ${shown(setting, String(held[setting.name]))}`).join(', ')
}

/** Limits of single strategies and symbols. */
export function ScopedLimits() {
  const scopes = useQuery(scopedLimitsQuery)
  const [editing, setEditing] = useState<Scoped | 'new' | null>(null)
  return (
    <Panel title="Symbols and strategies" aside={<Button onClick={() => setEditing('new')}>Add limits…</Button>}>
      <Surface query={scopes} what="Limits of symbols and strategies">
        {(all) =>
          all.length === 0 ? (
            <EmptyState title="No limits of single symbols or strategies">
              <p>Your limits above hold for everything. Here one symbol or strategy can be kept tighter.</p>
            </EmptyState>
          ) : (
            <ul className="divide-y divide-line">
              {all.map((one) => (
                <li key={`${one.scope}${one.key}`} className="flex flex-wrap items-center gap-x-3 gap-y-1 px-3 py-2">
                  <b>{scopeName(one)}</b>
                  {one.trading_paused && <Badge tone="warn">Paused</Badge>}
                  <span className="num min-w-0 flex-1 text-xs text-mid">{inWords(one)}</span>
                  {one.pending.length > 0 && (
                    <span className="text-2xs text-low">{plural(one.pending.length, 'loosening')} waiting</span>
                  )}
                  <Button onClick={() => setEditing(one)} aria-label={`Edit the limits of ${scopeName(one)}`}>
                    Edit
                  </Button>
                </li>
              ))}
            </ul>
          )
        }
      </Surface>
      {editing !== null && (
        <Suspense fallback={null}>
          <ScopedLimitsDialog scoped={editing === 'new' ? null : editing} onClose={() => setEditing(null)} />
        </Suspense>
      )}
    </Panel>
  )
}
