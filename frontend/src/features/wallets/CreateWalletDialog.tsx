import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import { call, newIdempotencyKey } from '@/lib/api/call'
import { ApiProblem } from '@/lib/api/problem'
import { keys, venuesQuery } from '@/lib/api/queries'
import { money } from '@/lib/format/numbers'
import { byField, focusFirstInvalid } from '@/lib/forms'
import { Button } from '@/ui/Button'
import { ErrorState, FormError } from '@/ui/ErrorState'
import { DecimalField, SelectField, TextField } from '@/ui/Field'
import { DialogActions, Modal } from '@/ui/Modal'
import { Skeleton } from '@/ui/Skeleton'
import { toast } from '@/ui/Toast'
import { type CreateValues, createBody, createFaults } from './wallet-form'

const FIELDS = ['name', 'venue', 'environment', 'api_key', 'api_secret', 'initial_deposit']

/** A paper wallet with its first deposit, or an exchange account with its keys. */
export function CreateWalletDialog({ onClose }: { readonly onClose: () => void }) {
  const client = useQueryClient()
  const form = useRef<HTMLFormElement>(null)
  const key = useRef(newIdempotencyKey())
  const venues = useQuery(venuesQuery)
  const [venue, setVenue] = useState('paper')
  const [values, setValues] = useState({ name: '', deposit: '10000', apiKey: '', apiSecret: '' })
  const [own, setOwn] = useState<ReadonlyMap<string, string>>(new Map())
  const create = useMutation({
    mutationFn: (given: CreateValues) =>
      call('POST /wallets', { body: createBody(given), idempotencyKey: key.current }),
    onSuccess: (wallet) => {
      void client.invalidateQueries({ queryKey: keys.wallets })
      void client.invalidateQueries({ queryKey: keys.riskStatus })
      toast(`Wallet ${wallet.name} is ready, with ${money(wallet.balance)}.`)
      onClose()
    },
    onError: (error) => {
      // A refusal was an answer: what is sent next is a new intention. Anything else may have been carried out.
      if (error instanceof ApiProblem && error.status >= 400 && error.status < 500) key.current = newIdempotencyKey()
      focusFirstInvalid(form.current)
    },
  })
  const { known } = byField(create.error, FIELDS)
  const errorOf = (field: string) => own.get(field) ?? known.get(field)
  const chosen = venues.data?.find((one) => one.id === venue)
  const needsKeys = chosen?.needs_keys ?? false
  const environment = chosen?.environment[0] ?? 'paper'
  const set = (name: keyof typeof values) => (event: { target: { value: string } }) =>
    setValues((before) => ({ ...before, [name]: event.target.value }))
  const submit = () => {
    const given = { ...values, venue, environment, needsKeys }
    const faults = createFaults(given)
    setOwn(faults)
    if (faults.size > 0) focusFirstInvalid(form.current)
    else create.mutate(given)
  }
  return (
    <Modal
      open
      onClose={onClose}
      title="Create wallet"
      description="A wallet is one account at a venue. Paper money is simulated."
    >
      {venues.error && (
        <ErrorState what="Venues could not be loaded" error={venues.error} onRetry={() => void venues.refetch()} />
      )}
      {venues.isPending && <Skeleton label="Loading venues" />}
      {venues.data && (
        <form
          ref={form}
          noValidate
          className="mt-4 space-y-3"
          onSubmit={(event) => {
            event.preventDefault()
            submit()
          }}
        >
          {create.error && known.size === 0 && <FormError error={create.error} />}
          <TextField
            label="Name"
            placeholder="Paper 1"
            maxLength={80}
            autoComplete="off"
            value={values.name}
            onChange={set('name')}
            error={errorOf('name')}
          />
          <SelectField
            label="Venue"
            value={venue}
            onChange={(event) => setVenue(event.target.value)}
            options={venues.data.map((one) => [one.id, `${one.name} (${one.environment.join(', ')})`] as const)}
            error={errorOf('venue') ?? errorOf('environment')}
          />
          {needsKeys ? (
            <>
              <TextField
                label="API key"
                autoComplete="off"
                spellCheck={false}
                value={values.apiKey}
                onChange={set('apiKey')}
                error={errorOf('api_key')}
              />
              <TextField
                label="API secret"
                type="password"
                autoComplete="off"
                value={values.apiSecret}
                onChange={set('apiSecret')}
                error={errorOf('api_secret')}
                hint="Kept encrypted. A key that may withdraw is refused, and so is an account in hedge mode."
              />
            </>
          ) : (
            <DecimalField
              label="First deposit"
              unit="USDT"
              value={values.deposit}
              onChange={set('deposit')}
              error={errorOf('initial_deposit')}
            />
          )}
          <DialogActions>
            <Button onClick={onClose}>Cancel</Button>
            <Button kind="primary" type="submit" pending={create.isPending} pendingText="Creating…">
              Create wallet
            </Button>
          </DialogActions>
        </form>
      )}
    </Modal>
  )
}
