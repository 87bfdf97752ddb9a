import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { call } from '@/lib/api/call'
import { keys, savedViewsQuery } from '@/lib/api/queries'
import { byField } from '@/lib/forms'
import { Button } from '@/ui/Button'
import { FormError } from '@/ui/ErrorState'
import { SelectField, TextField } from '@/ui/Field'
import { DialogActions, Modal } from '@/ui/Modal'
import { type JournalSearch, readSearch, VIEW_FIELDS } from './journal-filter'

interface Props {
  readonly search: JournalSearch
  readonly onSearch: (change: Partial<JournalSearch>) => void
}

function held(search: JournalSearch): Record<string, string> {
  return Object.fromEntries(VIEW_FIELDS.flatMap((field) => (search[field] ? [[field, search[field]]] : [])))
}

function SaveDialog({ search, onClose }: { readonly search: JournalSearch; readonly onClose: () => void }) {
  const client = useQueryClient()
  const save = useMutation({
    mutationFn: (name: string) => call('POST /journal/views', { body: { name, search: held(search) } }),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: keys.views })
      onClose()
    },
  })
  const { known } = byField(save.error, ['name'])
  return (
    <Modal open onClose={onClose} title="Save this view" description="The tab and its filters, under a name.">
      <form
        noValidate
        className="mt-3 space-y-3"
        onSubmit={(event) => {
          event.preventDefault()
          save.mutate(String(new FormData(event.currentTarget).get('name')).trim())
        }}
      >
        <TextField label="Name" name="name" maxLength={60} autoComplete="off" required error={known.get('name')} />
        {save.error && known.size === 0 && <FormError error={save.error} />}
        <DialogActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" pending={save.isPending} pendingText="Saving…">
            Save view
          </Button>
        </DialogActions>
      </form>
    </Modal>
  )
}

/** Views under a name: chosen, saved, removed. */
export function SavedViews({ search, onSearch }: Props) {
  const client = useQueryClient()
  const views = useQuery(savedViewsQuery)
  const [saving, setSaving] = useState(false)
  const remove = useMutation({
    mutationFn: (id: string) => call('DELETE /journal/views/{view_id}', { path: { view_id: id } }),
    onSuccess: () => void client.invalidateQueries({ queryKey: keys.views }),
  })
  const now = JSON.stringify(held(search))
  const present = views.data?.find((view) => JSON.stringify(held(readSearch(view.search))) === now)
  const nothing = Object.fromEntries(VIEW_FIELDS.map((field) => [field, undefined]))
  return (
    <>
      {views.data && views.data.length > 0 && (
        <SelectField
          label="Saved view"
          value={present?.id ?? ''}
          onChange={(event) => {
            const view = views.data.find((one) => one.id === event.target.value)
            onSearch({ ...nothing, ...(view ? readSearch(view.search) : {}), row: undefined, trade: undefined })
          }}
          options={[['', 'None'], ...views.data.map((view) => [view.id, view.name] as const)]}
        />
      )}
      {present ? (
        <Button onClick={() => remove.mutate(present.id)} pending={remove.isPending} pendingText="Removing…">
          Remove view
        </Button>
      ) : (
        <Button onClick={() => setSaving(true)}>Save view…</Button>
      )}
      {saving && <SaveDialog search={search} onClose={() => setSaving(false)} />}
    </>
  )
}
