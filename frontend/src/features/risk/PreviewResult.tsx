import { useMutation } from '@tanstack/react-query'
import { call } from '@/lib/api/call'
import type { SettingsPreview } from '@/lib/api/types'
import { money } from '@/lib/format/numbers'
import { dateTime } from '@/lib/format/time'
import { plural, shortSymbol, words } from '@/lib/format/words'
import { useZone } from '@/lib/preferences/zone'
import { Button } from '@/ui/Button'
import { FormError } from '@/ui/ErrorState'
import { type Change, patchOf } from './settings-form'

/** "Blocks 7 of 31 trades, lets 2 more through, makes 3 smaller." */
export function previewSentence(preview: SettingsPreview): string {
  if (preview.considered === 0) return `No decision of the last ${preview.days} days can be replayed.`
  const parts = [
    preview.blocks > 0 && `blocks ${preview.blocks} of ${plural(preview.approved_before, 'trade')}`,
    preview.allows > 0 && `lets ${preview.allows} more through`,
    preview.smaller > 0 && `makes ${preview.smaller} smaller`,
    preview.larger > 0 && `makes ${preview.larger} larger`,
  ].filter((part) => part !== false)
  const said = parts.length === 0 ? 'changes nothing' : parts.join(', ')
  return `Over the last ${preview.days} days (${plural(preview.considered, 'signal')}) this ${said}.`
}

function Changed({ preview }: { readonly preview: SettingsPreview }) {
  const zone = useZone()
  if (preview.changed.length === 0) return null
  return (
    <details>
      <summary className="flex min-h-control cursor-pointer items-center text-xs font-semibold">Which ones</summary>
      <div role="region" aria-label="Changed decisions" tabIndex={0} className="max-h-48 overflow-auto">
        <ul className="num divide-y divide-line text-xs">
          {preview.changed.map((one) => (
            <li key={one.id} className="py-1">
              <span className="text-mid">{dateTime(one.created_at, zone)}</span> <b>{shortSymbol(one.symbol)}</b>{' '}
              {one.side}, {words(one.strategy)}:{' '}
              {one.approved_after ? `let through, ${money(one.notional)}` : 'blocked'}
              {one.breaches.map((breach) => (
                <p key={breach.code} className="text-2xs text-low">
                  {breach.message}
                </p>
              ))}
            </li>
          ))}
        </ul>
      </div>
    </details>
  )
}

/** Replays the unsaved changes over the user's own decisions, on request. */
export function PreviewChanges({ changes }: { readonly changes: ReadonlyArray<Change> }) {
  const preview = useMutation({
    mutationFn: (wanted: ReadonlyArray<Change>) => call('POST /risk/settings/preview', { body: patchOf(wanted) }),
  })
  const current = preview.data !== undefined && preview.variables === changes
  return (
    <div className="space-y-1">
      <Button
        kind="quiet"
        className="-ml-3"
        onClick={() => preview.mutate(changes)}
        pending={preview.isPending}
        pendingText="Replaying…"
      >
        What would this have changed?
      </Button>
      {preview.error && <FormError error={preview.error} />}
      {preview.data !== undefined && (
        <div role="status" className={current ? '' : 'opacity-60'}>
          <p className="num font-semibold">{previewSentence(preview.data)}</p>
          {preview.data.without_receipt > 0 && (
            <p className="text-2xs text-low">
              {plural(preview.data.without_receipt, 'older decision')} could not be replayed.
            </p>
          )}
          <Changed preview={preview.data} />
        </div>
      )}
    </div>
  )
}
