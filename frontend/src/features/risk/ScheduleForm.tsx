import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import { call } from '@/lib/api/call'
import { keys, type ScheduleScope, scheduleScopeKey } from '@/lib/api/queries'
import type { TradingSchedule } from '@/lib/api/types'
import { byField, focusFirstInvalid } from '@/lib/forms'
import { Button } from '@/ui/Button'
import { FormError } from '@/ui/ErrorState'
import { DecimalField, SelectField, TextField } from '@/ui/Field'
import { Checkbox, Switch } from '@/ui/Switch'
import { toast } from '@/ui/Toast'
import {
  DAYS,
  type HoursValues,
  type ScheduleValues,
  scheduleChanges,
  scheduleFaults,
  scheduleValues,
} from './schedule-form'

const WEEKDAYS = [0, 1, 2, 3, 4]

interface HoursProps {
  readonly hours: HoursValues
  readonly place: number
  readonly error: string | undefined
  readonly onChange: (part: Partial<HoursValues>) => void
  readonly onRemove: () => void
}

function Hours({ hours, place, error, onChange, onRemove }: HoursProps) {
  const toggle = (day: number, on: boolean) =>
    onChange({ days: on ? [...hours.days, day] : hours.days.filter((one) => one !== day) })
  return (
    <fieldset className="rounded border border-line p-2">
      <legend className="px-1 text-xs text-mid">Hours {place + 1}</legend>
      <div className="flex flex-wrap gap-x-4 gap-y-1">
        {DAYS.map((name, day) => (
          <Checkbox
            key={name}
            label={name}
            checked={hours.days.includes(day)}
            onChange={(event) => toggle(day, event.target.checked)}
          />
        ))}
      </div>
      <div className="mt-2 grid grid-cols-2 items-start gap-3 sm:grid-cols-[1fr_1fr_auto]">
        <TextField
          label="Opens"
          inputMode="numeric"
          placeholder="09:30"
          value={hours.opens}
          error={error}
          onChange={(event) => onChange({ opens: event.target.value })}
        />
        <TextField
          label="Closes"
          inputMode="numeric"
          placeholder="16:00"
          value={hours.closes}
          onChange={(event) => onChange({ closes: event.target.value })}
        />
        <Button kind="quiet" className="sm:mt-5" onClick={onRemove} aria-label={`Remove hours ${place + 1}`}>
          Remove
        </Button>
      </div>
    </fieldset>
  )
}

interface Props {
  readonly scope: ScheduleScope
  readonly saved: TradingSchedule
  readonly etag: string | null
}

/** The schedule of all wallets, of those at a venue, or of one. */
export function ScheduleForm({ scope, saved, etag }: Props) {
  const client = useQueryClient()
  const form = useRef<HTMLFormElement>(null)
  const start = scheduleValues(saved)
  const [values, setValues] = useState(start)
  const [own, setOwn] = useState<ReadonlyMap<string, string>>(new Map())
  const change = (part: Partial<ScheduleValues>) => setValues((before) => ({ ...before, ...part }))
  const changeHours = (key: number, part: Partial<HoursValues>) =>
    change({ hours: values.hours.map((one) => (one.key === key ? { ...one, ...part } : one)) })
  const save = useMutation({
    mutationFn: () => {
      const sent = { body: scheduleChanges(start, values), ifMatch: etag ?? '*' }
      if (scope.kind === 'venue') return call('PATCH /venues/{venue}/schedule', { path: { venue: scope.id }, ...sent })
      if (scope.kind === 'wallet')
        return call('PATCH /wallets/{wallet_id}/schedule', { path: { wallet_id: scope.id }, ...sent })
      return call('PATCH /risk/schedule', sent)
    },
    onSuccess: () => toast('Trading hours are saved.'),
    onError: () => focusFirstInvalid(form.current),
    onSettled: () => void client.invalidateQueries({ queryKey: keys.tradingSchedule(scheduleScopeKey(scope)) }),
  })
  const { known } = byField(save.error, Object.keys(start))
  const errorOf = (field: string) => own.get(field) ?? known.get(field)
  const refusals = ['leave_before_close', 'leave_before_weekend', 'hours'].map(errorOf).filter(Boolean)
  const nextKey = Math.max(-1, ...values.hours.map((one) => one.key)) + 1
  return (
    <form
      ref={form}
      noValidate
      className="space-y-3"
      onSubmit={(event) => {
        event.preventDefault()
        const faults = scheduleFaults(values)
        setOwn(faults)
        if (faults.size > 0) focusFirstInvalid(form.current)
        else save.mutate()
      }}
    >
      {save.error && known.size === 0 && <FormError error={save.error} />}
      <Switch
        label="Keep trading hours"
        hint="Outside of them no entry is made. Stops and exits always go on."
        checked={values.enabled}
        onChange={(event) => change({ enabled: event.target.checked })}
      />
      <div className="grid gap-3 sm:grid-cols-2">
        <SelectField
          label="Follow an exchange"
          hint="Its sessions, holidays, half days and breaks."
          value={values.calendar}
          options={[['', 'none'], ...saved.calendars.map((one) => [one.code, `${one.title} (${one.code})`] as const)]}
          onChange={(event) => change({ calendar: event.target.value })}
          error={errorOf('calendar')}
        />
        <SelectField
          label="Time zone of the hours below"
          value={values.time_zone}
          options={[...new Set([values.time_zone, 'UTC', ...Intl.supportedValuesOf('timeZone')])].map((one) => [
            one,
            one,
          ])}
          onChange={(event) => change({ time_zone: event.target.value })}
          error={errorOf('time_zone')}
        />
      </div>
      {values.hours.map((one, place) => (
        <Hours
          key={one.key}
          hours={one}
          place={place}
          error={errorOf(`hours.${one.key}`)}
          onChange={(part) => changeHours(one.key, part)}
          onRemove={() => change({ hours: values.hours.filter((held) => held.key !== one.key) })}
        />
      ))}
      <Button
        kind="quiet"
        onClick={() =>
          change({ hours: [...values.hours, { key: nextKey, days: WEEKDAYS, opens: '09:00', closes: '17:00' }] })
        }
      >
        Add hours
      </Button>
      <p className="text-2xs text-low">
        Without hours every hour counts. A closing that is not after the opening is the next day’s.
      </p>
      <Switch
        label="Trade at weekends"
        hint="Saturday and Sunday of the time zone."
        checked={values.trade_weekends}
        onChange={(event) => change({ trade_weekends: event.target.checked })}
      />
      <TextField
        label="Days off"
        hint="Dates like 2026-12-24, apart by commas."
        value={values.closed_dates}
        onChange={(event) => change({ closed_dates: event.target.value })}
        error={errorOf('closed_dates')}
      />
      <Switch
        label="Leave positions before each closing"
        checked={values.leave_before_close}
        onChange={(event) => change({ leave_before_close: event.target.checked })}
      />
      <Switch
        label="Flat before the weekend"
        hint="Before a closing that lasts over a Saturday or Sunday. What is still held in such a closing is left at once."
        checked={values.leave_before_weekend}
        onChange={(event) => change({ leave_before_weekend: event.target.checked })}
      />
      <DecimalField
        label="How long before"
        unit="min"
        inputMode="numeric"
        hint="Entries end at the same moment."
        value={values.leave_minutes}
        onChange={(event) => change({ leave_minutes: event.target.value })}
        error={errorOf('leave_minutes')}
        fieldClassName="max-w-60"
      />
      <DecimalField
        label="Leave before a funding that costs more than"
        unit="%"
        hint="Of the position’s notional, two minutes before; 0: whatever it costs; empty: never."
        value={values.leave_before_funding_percent}
        onChange={(event) => change({ leave_before_funding_percent: event.target.value })}
        error={errorOf('leave_before_funding_percent')}
        fieldClassName="max-w-80"
      />
      <DecimalField
        label="No entry before a funding that it would pay"
        unit="min"
        inputMode="numeric"
        hint="From this long before; where the next funding is not known nothing is entered; empty: never."
        value={values.skip_funding_minutes}
        onChange={(event) => change({ skip_funding_minutes: event.target.value })}
        error={errorOf('skip_funding_minutes')}
        fieldClassName="max-w-80"
      />
      {refusals.map((one) => (
        <p key={one} role="alert" tabIndex={-1} className="text-xs font-semibold text-crit">
          {one}
        </p>
      ))}
      <Button kind="primary" type="submit" pending={save.isPending} pendingText="Saving…">
        Save trading hours
      </Button>
    </form>
  )
}
