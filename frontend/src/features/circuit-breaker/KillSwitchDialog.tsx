import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import { call, newIdempotencyKey } from '@/lib/api/call'
import { keys, walletsQuery } from '@/lib/api/queries'
import type { KillSwitchPreview } from '@/lib/api/types'
import { money, plain, signedMoney } from '@/lib/format/numbers'
import { plural, shortSymbol } from '@/lib/format/words'
import { Button } from '@/ui/Button'
import { ErrorState, FormError } from '@/ui/ErrorState'
import { Facts } from '@/ui/Facts'
import { SelectField, TextField } from '@/ui/Field'
import { HoldButton } from '@/ui/HoldButton'
import { DialogActions, Modal } from '@/ui/Modal'
import { Skeleton } from '@/ui/Skeleton'
import { Checkbox } from '@/ui/Switch'
import { KillSwitchReceiptView } from './KillSwitchReceiptView'
import { impactWords, PHRASE, phraseMatches, previewQuery } from './kill-switch'

function Impact({ preview }: { readonly preview: KillSwitchPreview }) {
  const ours = preview.positions.filter((position) => !position.external)
  const others = preview.positions.filter((position) => position.external)
  const kept = preview.orders.filter((order) => order.action === 'keep_until_flat').length
  return (
    <div className="space-y-2">
      <p className="font-semibold">{impactWords(preview)}</p>
      <Facts
        facts={[
          ['Notional', money(preview.notional)],
          ['Costs, about', money(preview.estimated_cost)],
          ['Stops kept until flat', String(kept)],
        ]}
      />
      {ours.length > 0 && (
        <ul
          tabIndex={0}
          aria-label="What closes"
          className="num max-h-32 divide-y divide-line overflow-auto rounded border border-line px-2 text-xs"
        >
          {ours.map((position) => (
            <li key={`${position.wallet_id}${position.symbol}`} className="flex justify-between gap-2 py-1">
              <span>
                {shortSymbol(position.symbol)} {position.side} {plain(position.quantity)} · {position.wallet_name}
              </span>
              <span>{signedMoney(position.unrealized_pnl)}</span>
            </li>
          ))}
        </ul>
      )}
      {others.length > 0 && (
        <p className="text-xs text-mid">
          Stays unless you tick it below: {plural(others.length, 'position')} that we did not open (
          {others.map((position) => shortSymbol(position.symbol)).join(', ')}).
        </p>
      )}
      {preview.external_unknown.length > 0 && (
        <p className="text-xs text-warn">
          The venue did not say what else {plural(preview.external_unknown.length, 'wallet')} holds.
        </p>
      )}
    </div>
  )
}

interface AskProps {
  readonly onRun: (run: string) => void
  readonly onClose: () => void
}

/** Never held back by a preview that fails or is old: the phrase is all it takes. */
function Ask({ onRun, onClose }: AskProps) {
  const client = useQueryClient()
  const wallets = useQuery(walletsQuery)
  const [wallet, setWallet] = useState('')
  const [phrase, setPhrase] = useState('')
  const [reason, setReason] = useState('')
  const [external, setExternal] = useState(false)
  const preview = useQuery(previewQuery(wallet))
  // One key until the server has answered: a retry after a lost answer is the same run.
  const key = useRef<string | null>(null)
  const press = useMutation({
    mutationFn: () => {
      key.current ??= newIdempotencyKey()
      return call('POST /circuit-breaker/kill-switch', {
        idempotencyKey: key.current,
        body: {
          confirm: PHRASE,
          close_external: external,
          ...(reason.trim() === '' ? {} : { reason: reason.trim() }),
          ...(wallet === '' ? {} : { wallet_id: wallet }),
        },
      })
    },
    onSuccess: (run) => {
      key.current = null
      for (const changed of [keys.breaker, keys.positions, keys.riskStatus]) {
        void client.invalidateQueries({ queryKey: changed })
      }
      onRun(run.id)
    },
  })
  const active = wallets.data?.filter((one) => one.status === 'active') ?? []
  const hasExternal = preview.data?.positions.some((position) => position.external) ?? false
  return (
    <form
      className="mt-3 space-y-3"
      onSubmit={(event) => {
        event.preventDefault()
        if (phraseMatches(phrase)) press.mutate()
      }}
    >
      <TextField
        label={`Type ${PHRASE} to confirm`}
        value={phrase}
        onChange={(event) => setPhrase(event.target.value)}
        autoComplete="off"
        autoCapitalize="characters"
        spellCheck={false}
      />
      <div className="min-h-24">
        {preview.data !== undefined ? (
          <Impact preview={preview.data} />
        ) : preview.error ? (
          <ErrorState
            what="What would be closed could not be loaded. The kill switch works all the same"
            error={preview.error}
            onRetry={() => void preview.refetch()}
          />
        ) : (
          <Skeleton label="Loading what would be closed" rows={3} />
        )}
      </div>
      {active.length > 1 && (
        <SelectField
          label="Which wallets"
          value={wallet}
          onChange={(event) => {
            setWallet(event.target.value)
            key.current = null
          }}
          options={[['', 'All wallets'], ...active.map((one) => [one.id, one.name] as const)]}
        />
      )}
      <TextField
        label="Reason (optional)"
        value={reason}
        maxLength={300}
        onChange={(event) => setReason(event.target.value)}
      />
      {hasExternal && (
        <Checkbox
          label="Close positions too that StackAlpha did not open."
          checked={external}
          onChange={(event) => setExternal(event.target.checked)}
        />
      )}
      {press.error && (
        <div>
          <FormError error={press.error} />
          <p className="mt-1 text-xs">Nothing is known to have closed. Press again to retry the same run.</p>
        </div>
      )}
      <DialogActions>
        <Button onClick={onClose}>Cancel</Button>
        <HoldButton
          onHeld={() => press.mutate()}
          disabled={press.isPending}
          className="hidden pointer-coarse:inline-flex"
        >
          Hold 2 s to close all
        </HoldButton>
        <Button
          kind="danger"
          type="submit"
          disabled={!phraseMatches(phrase)}
          pending={press.isPending}
          pendingText="Halting…"
        >
          Halt and close all
        </Button>
      </DialogActions>
    </form>
  )
}

interface Props {
  /** A run to show; null asks for a new one. */
  readonly run: string | null
  readonly onRun: (run: string) => void
  readonly onClose: () => void
}

/** Stop entries, cancel, close everything at market and prove it flat: what it would do, and then what it does. */
export function KillSwitchDialog({ run, onRun, onClose }: Props) {
  return (
    <Modal
      open
      onClose={onClose}
      role={run === null ? 'alertdialog' : 'dialog'}
      title={run === null ? 'Close all positions' : 'Kill switch'}
      description={
        run === null
          ? 'Entries stop at this instant, orders are cancelled, positions are closed at market and proven flat at the venue. Trading stays halted until you resume it.'
          : 'It goes on at the server, whether this window is open or not.'
      }
    >
      {run === null ? (
        <Ask onRun={onRun} onClose={onClose} />
      ) : (
        <>
          <KillSwitchReceiptView run={run} />
          <DialogActions>
            <Button onClick={onClose}>Close window</Button>
          </DialogActions>
        </>
      )}
    </Modal>
  )
}

export default KillSwitchDialog
