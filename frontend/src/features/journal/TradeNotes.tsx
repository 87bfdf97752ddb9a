import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Suspense, useEffect, useRef, useState } from 'react'
import { call } from '@/lib/api/call'
import { loadBlob, sendPicture } from '@/lib/api/files'
import { keys, noteQuery, screenshotsQuery } from '@/lib/api/queries'
import type { Screenshot } from '@/lib/api/types'
import { byField } from '@/lib/forms'
import { Badge } from '@/ui/Badge'
import { Button } from '@/ui/Button'
import { FormError } from '@/ui/ErrorState'
import { Field, SelectField, TextField } from '@/ui/Field'
import { Panel } from '@/ui/Panel'
import { part } from '@/ui/part'
import { Surface } from '@/ui/Surface'
import { toast } from '@/ui/Toast'

const Note = part(() => import('./Markdown'))
const RATINGS = [
  ['', 'Not rated'],
  ['1', '1 of 5'],
  ['2', '2 of 5'],
  ['3', '3 of 5'],
  ['4', '4 of 5'],
  ['5', '5 of 5'],
] as const

interface Held {
  readonly note: string
  readonly tags: ReadonlyArray<string>
  readonly rating: number | null
}

function NoteForm({
  tradeId,
  held,
  etag,
  onDone,
}: {
  readonly tradeId: string
  readonly held: Held
  readonly etag: string | null
  readonly onDone: () => void
}) {
  const client = useQueryClient()
  const save = useMutation({
    mutationFn: async (data: FormData) => {
      const path = { trade_id: tradeId }
      const tags = String(data.get('tags'))
        .split(',')
        .map((tag) => tag.trim())
        .filter(Boolean)
      const rating = String(data.get('rating'))
      await call('PUT /trades/{trade_id}/tags', { path, body: { tags } })
      await call('PATCH /journal/trades/{trade_id}/note', {
        path,
        body: { note: String(data.get('note')), rating: rating === '' ? null : Number(rating) },
        ifMatch: etag ?? '*',
      })
    },
    onSuccess: () => {
      toast('Saved beside the trade.')
      void client.invalidateQueries({ queryKey: keys.note(tradeId) })
      void client.invalidateQueries({ queryKey: keys.tags })
      onDone()
    },
  })
  const { known } = byField(save.error, ['tags', 'note'])
  return (
    <form
      noValidate
      className="space-y-3 p-3"
      onSubmit={(event) => {
        event.preventDefault()
        save.mutate(new FormData(event.currentTarget))
      }}
    >
      <Field label="Note" hint="Markdown: **bold**, # heading, - list." error={known.get('note')}>
        {(wiring) => (
          <textarea
            {...wiring}
            name="note"
            rows={6}
            maxLength={20_000}
            defaultValue={held.note}
            className="input h-auto py-2"
          />
        )}
      </Field>
      <TextField
        label="Tags"
        name="tags"
        hint="Parted by commas."
        defaultValue={held.tags.join(', ')}
        autoComplete="off"
        error={known.get('tags')}
      />
      <SelectField label="Rating" name="rating" defaultValue={String(held.rating ?? '')} options={RATINGS} />
      {save.error && known.size === 0 && <FormError error={save.error} />}
      <div className="flex gap-2">
        <Button kind="primary" type="submit" pending={save.isPending} pendingText="Saving…">
          Save
        </Button>
        <Button onClick={onDone}>Cancel</Button>
      </div>
    </form>
  )
}

/** Pictures need the token, so they are loaded as bytes and shown from memory. */
function Picture({ shot }: { readonly shot: Screenshot }) {
  const [url, setUrl] = useState<string | null>(null)
  useEffect(() => {
    const controller = new AbortController()
    let made: string | null = null
    loadBlob(`/journal/screenshots/${shot.id}`, controller.signal)
      .then((blob) => {
        made = URL.createObjectURL(blob)
        setUrl(made)
      })
      .catch(() => undefined)
    return () => {
      controller.abort()
      if (made) URL.revokeObjectURL(made)
    }
  }, [shot.id])
  return url ? (
    <a href={url} target="_blank" rel="noopener noreferrer">
      <img
        src={url}
        width={shot.width}
        height={shot.height}
        alt="Screenshot beside this trade"
        className="h-auto w-full rounded"
      />
    </a>
  ) : (
    <div role="status" aria-label="Loading screenshot" className="aspect-video w-full rounded bg-s3" />
  )
}

function Screenshots({ tradeId }: { readonly tradeId: string }) {
  const client = useQueryClient()
  const input = useRef<HTMLInputElement>(null)
  const shots = useQuery(screenshotsQuery(tradeId))
  const refresh = () => void client.invalidateQueries({ queryKey: keys.screenshots(tradeId) })
  const add = useMutation({
    mutationFn: (file: File) => sendPicture(`/journal/trades/${tradeId}/screenshots`, file),
    onSuccess: refresh,
  })
  const remove = useMutation({
    mutationFn: (id: string) => call('DELETE /journal/screenshots/{screenshot_id}', { path: { screenshot_id: id } }),
    onSuccess: refresh,
  })
  return (
    <div className="space-y-2 border-t border-line p-3">
      <Surface query={shots} what="Screenshots">
        {(items) => (
          <ul className="grid grid-cols-2 gap-2">
            {items.map((shot, place) => (
              <li key={shot.id} className="space-y-1">
                <Picture shot={shot} />
                <Button
                  kind="quiet"
                  onClick={() => remove.mutate(shot.id)}
                  aria-label={`Remove screenshot ${place + 1}`}
                >
                  Remove
                </Button>
              </li>
            ))}
          </ul>
        )}
      </Surface>
      {(add.error ?? remove.error) && <FormError error={add.error ?? remove.error} />}
      <input
        ref={input}
        type="file"
        accept="image/png,image/jpeg,image/webp"
        className="sr-only"
        tabIndex={-1}
        aria-label="Screenshot file"
        onChange={(event) => {
          const file = event.target.files?.[0]
          if (file) add.mutate(file)
          event.target.value = ''
        }}
      />
      <Button onClick={() => input.current?.click()} pending={add.isPending} pendingText="Sending…">
        Add screenshot…
      </Button>
      <p className="text-2xs text-low">PNG, JPEG or WebP of at most 5 MB. Place and camera are taken out.</p>
    </div>
  )
}

/** What its owner thinks of a trade: note, tags, rating, screenshots. */
export function TradeNotes({ tradeId }: { readonly tradeId: string }) {
  const note = useQuery(noteQuery(tradeId))
  const [editing, setEditing] = useState(false)
  return (
    <Panel
      title="Your notes"
      aside={
        !editing && (
          <Button kind="quiet" onClick={() => setEditing(true)}>
            Edit
          </Button>
        )
      }
    >
      <Surface query={note} what="Your notes">
        {({ result, etag }) =>
          editing ? (
            <NoteForm tradeId={tradeId} held={result} etag={etag} onDone={() => setEditing(false)} />
          ) : (
            <div className="space-y-2 p-3">
              {result.note ? (
                <Suspense fallback={<p className="text-mid">…</p>}>
                  <Note text={result.note} />
                </Suspense>
              ) : (
                <p className="text-mid">Nothing noted yet.</p>
              )}
              <p className="flex flex-wrap gap-1">
                {result.rating !== null && <Badge>{result.rating} of 5</Badge>}
                {result.tags.map((tag) => (
                  <Badge key={tag}>{tag}</Badge>
                ))}
              </p>
            </div>
          )
        }
      </Surface>
      <Screenshots tradeId={tradeId} />
    </Panel>
  )
}
