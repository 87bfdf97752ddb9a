import { Button } from '@/ui/Button'
import { FormError } from '@/ui/ErrorState'
import { ChangeList } from './ChangeList'
import { PreviewChanges } from './PreviewResult'
import type { Change } from './settings-form'

interface Props {
  readonly changes: ReadonlyArray<Change>
  readonly saving: boolean
  readonly error: unknown
  readonly onDiscard: () => void
}

/** What would be saved, in words, before it is. */
export function SaveBar({ changes, saving, error, onDiscard }: Props) {
  if (changes.length === 0) return null
  const loosening = changes.filter((change) => change.effect === 'loosens').length
  return (
    <section
      aria-label="Save changes"
      className="sticky bottom-16 z-10 space-y-2 rounded-md border border-line-strong bg-s2 p-3 lg:bottom-3"
    >
      {error !== null && error !== undefined && <FormError error={error} />}
      <div className="flex flex-wrap items-end justify-between gap-3">
        <div className="min-w-0 flex-1">
          <ChangeList changes={changes} />
          <PreviewChanges changes={changes} />
          <p className="mt-1 text-2xs text-low">
            Tightening acts at once.
            {loosening > 0 && ' Loosening raises risk: it asks once more and waits until tomorrow.'}
          </p>
        </div>
        <div className="flex gap-2">
          <Button onClick={onDiscard} disabled={saving}>
            Discard
          </Button>
          <Button kind="primary" type="submit" pending={saving} pendingText="Saving…">
            {loosening > 0 ? 'Save changes…' : 'Save changes'}
          </Button>
        </div>
      </div>
    </section>
  )
}
