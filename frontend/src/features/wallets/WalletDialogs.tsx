import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useRef, useState } from 'react'
import { call, newIdempotencyKey } from '@/lib/api/call'
import { keys } from '@/lib/api/queries'
import type { Wallet } from '@/lib/api/types'
import { money } from '@/lib/format/numbers'
import { plural } from '@/lib/format/words'
import { byField } from '@/lib/forms'
import { Button } from '@/ui/Button'
import { FormError } from '@/ui/ErrorState'
import { DecimalField, TextField } from '@/ui/Field'
import { DialogActions, Modal } from '@/ui/Modal'
import { toast } from '@/ui/Toast'
import { amountFault, decimalText } from './wallet-form'

interface Props {
  readonly wallet: Wallet
  readonly onClose: () => void
}

/** A small dialog around one call: title, fields, what the server refused, cancel and do. */
function OneCallDialog(props: {
  title: string
  description?: string
  act: string
  acting: string
  cancel?: string
  pending: boolean
  error: unknown
  onClose: () => void
  onSubmit: () => void
  children?: ReactNode
}) {
  return (
    <Modal open onClose={props.onClose} title={props.title} description={props.description}>
      <form
        noValidate
        className="mt-3 space-y-3"
        onSubmit={(event) => {
          event.preventDefault()
          props.onSubmit()
        }}
      >
        {props.error !== null && props.error !== undefined && <FormError error={props.error} />}
        {props.children}
        <DialogActions>
          <Button onClick={props.onClose}>{props.cancel ?? 'Cancel'}</Button>
          <Button kind="primary" type="submit" pending={props.pending} pendingText={props.acting}>
            {props.act}
          </Button>
        </DialogActions>
      </form>
    </Modal>
  )
}

function useDone(onClose: () => void): (text: string) => void {
  const client = useQueryClient()
  return (text) => {
    void client.invalidateQueries({ queryKey: keys.wallets })
    void client.invalidateQueries({ queryKey: keys.riskStatus })
    toast(text)
    onClose()
  }
}

export function RenameDialog({ wallet, onClose }: Props) {
  const done = useDone(onClose)
  const [name, setName] = useState(wallet.name)
  const rename = useMutation({
    mutationFn: () =>
      call('PATCH /wallets/{wallet_id}', { path: { wallet_id: wallet.id }, body: { name: name.trim() } }),
    onSuccess: (renamed) => done(`Renamed to ${renamed.name}.`),
  })
  const { known } = byField(rename.error, ['name'])
  return (
    <OneCallDialog
      title={`Rename ${wallet.name}`}
      act="Rename wallet"
      acting="Renaming…"
      pending={rename.isPending}
      error={known.size === 0 ? rename.error : null}
      onClose={onClose}
      onSubmit={() => name.trim() !== '' && rename.mutate()}
    >
      <TextField
        label="Name"
        maxLength={80}
        value={name}
        onChange={(event) => setName(event.target.value)}
        error={known.get('name') ?? (name.trim() === '' ? 'Give the wallet a name.' : undefined)}
      />
    </OneCallDialog>
  )
}

const WAYS = {
  deposit: {
    title: 'Deposit to',
    description: "Simulated money. A deposit does not raise today's loss limits.",
    act: 'Deposit',
    acting: 'Depositing…',
    done: 'Deposited',
  },
  withdraw: {
    title: 'Withdraw from',
    description: 'Simulated money. A withdrawal is no loss, and it lowers what the limits in percent are taken of.',
    act: 'Withdraw',
    acting: 'Withdrawing…',
    done: 'Withdrawn',
  },
} as const

function TransferDialog({ wallet, onClose, way }: Props & { readonly way: keyof typeof WAYS }) {
  const done = useDone(onClose)
  const key = useRef(newIdempotencyKey())
  const [amount, setAmount] = useState('1000')
  const [fault, setFault] = useState<string | null>(null)
  const words = WAYS[way]
  const transfer = useMutation({
    mutationFn: () =>
      call(`POST /wallets/{wallet_id}/${way}`, {
        path: { wallet_id: wallet.id },
        body: { amount: decimalText(amount) ?? '0' },
        idempotencyKey: key.current,
      }),
    onSuccess: (after) => done(`${words.done}. Balance of ${after.name}: ${money(after.balance)}.`),
  })
  const { known } = byField(transfer.error, ['amount'])
  return (
    <OneCallDialog
      title={`${words.title} ${wallet.name}`}
      description={words.description}
      act={words.act}
      acting={words.acting}
      pending={transfer.isPending}
      error={known.size === 0 ? transfer.error : null}
      onClose={onClose}
      onSubmit={() => {
        const found = amountFault(amount)
        setFault(found)
        if (found === null) transfer.mutate()
      }}
    >
      <DecimalField
        label="Amount"
        unit="USDT"
        value={amount}
        hint={way === 'withdraw' ? `Free margin ${money(wallet.free_margin)}.` : undefined}
        onChange={(event) => {
          setAmount(event.target.value)
          key.current = newIdempotencyKey()
        }}
        error={fault ?? known.get('amount')}
      />
    </OneCallDialog>
  )
}

export function DepositDialog(props: Props) {
  return <TransferDialog {...props} way="deposit" />
}

export function WithdrawDialog(props: Props) {
  return <TransferDialog {...props} way="withdraw" />
}

export function ArchiveDialog({ wallet, onClose }: Props) {
  const done = useDone(onClose)
  const archive = useMutation({
    mutationFn: () => call('POST /wallets/{wallet_id}/archive', { path: { wallet_id: wallet.id } }),
    onSuccess: () => done(`${wallet.name} is archived. Its journal stays.`),
  })
  const open = wallet.open_positions
  return (
    <OneCallDialog
      title={`Archive ${wallet.name}`}
      description={
        open > 0
          ? `It has ${plural(open, 'open position')}: exit those first.`
          : 'Auto-trading ends in it and it leaves the list. Its trades stay in the journal.'
      }
      act="Archive wallet"
      acting="Archiving…"
      cancel="Keep wallet"
      pending={archive.isPending}
      error={archive.error}
      onClose={onClose}
      onSubmit={() => archive.mutate()}
    />
  )
}
