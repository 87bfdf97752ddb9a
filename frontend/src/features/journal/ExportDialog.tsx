import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { call } from '@/lib/api/call'
import { keys } from '@/lib/api/queries'
import type { ExportRequest } from '@/lib/api/types'
import { useZone } from '@/lib/preferences/zone'
import { Button } from '@/ui/Button'
import { FormError } from '@/ui/ErrorState'
import { SelectField } from '@/ui/Field'
import { DialogActions, Modal } from '@/ui/Modal'
import { apiFilter, type JournalSearch } from './journal-filter'

type Kind = ExportRequest['kind']
type Format = NonNullable<ExportRequest['format']>
type Method = NonNullable<ExportRequest['method']>

interface Props {
  readonly search: JournalSearch
  readonly exports: ReactNode
  readonly onClose: () => void
}

/** The rows of the current filter as a file, made in the background however many there are. */
export function ExportDialog({ search, exports, onClose }: Props) {
  const zone = useZone()
  const client = useQueryClient()
  const [kind, setKind] = useState<Kind>(search.tab === 'trades' ? 'trades' : 'executions')
  const [format, setFormat] = useState<Format>('csv')
  const [method, setMethod] = useState<Method>('fifo')
  const ask = useMutation({
    mutationFn: () => {
      const filter = apiFilter({ ...search, tab: kind === 'executions' ? undefined : 'trades' }, zone)
      const { status: _, ...withoutStatus } = filter
      return call('POST /exports', {
        body: { kind, format, method, filter: kind === 'tax_lots' ? withoutStatus : filter },
      })
    },
    onSuccess: () => void client.invalidateQueries({ queryKey: keys.exports }),
  })
  return (
    <Modal
      open
      onClose={onClose}
      title="Export"
      description="What the current filter lets pass, made in the background."
    >
      <form
        className="mt-3 grid gap-3 sm:grid-cols-3"
        onSubmit={(event) => {
          event.preventDefault()
          ask.mutate()
        }}
      >
        <SelectField
          label="What"
          value={kind}
          onChange={(event) => setKind(event.target.value as Kind)}
          options={[
            ['executions', 'Executions'],
            ['trades', 'Closed trades'],
            ['tax_lots', 'Tax lots'],
          ]}
        />
        <SelectField
          label="Format"
          value={format}
          onChange={(event) => setFormat(event.target.value as Format)}
          options={[
            ['csv', 'CSV'],
            ['json', 'JSON'],
            ['parquet', 'Parquet'],
          ]}
        />
        {kind === 'tax_lots' && (
          <SelectField
            label="Lots"
            value={method}
            onChange={(event) => setMethod(event.target.value as Method)}
            options={[
              ['fifo', 'First in, first out'],
              ['lifo', 'Last in, first out'],
              ['hifo', 'Dearest first'],
            ]}
          />
        )}
        <div className="sm:col-span-3">
          {ask.error && <FormError error={ask.error} />}
          <DialogActions>
            <Button onClick={onClose}>Close</Button>
            <Button kind="primary" type="submit" pending={ask.isPending} pendingText="Asking…">
              Export
            </Button>
          </DialogActions>
        </div>
      </form>
      <div className="mt-3 rounded border border-line">{exports}</div>
    </Modal>
  )
}
