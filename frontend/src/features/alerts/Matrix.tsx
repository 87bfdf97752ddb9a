import { Fragment } from 'react'
import type { EventChoice, NotificationSettings } from '@/lib/api/types'
import { words } from '@/lib/format/words'
import { FormError } from '@/ui/ErrorState'
import { Panel } from '@/ui/Panel'
import { CATEGORIES, CHANNEL_NAMES, MODE_NAMES, templateText } from './alert-words'
import { useSettingsChange } from './useSettingsChange'

type Cell = EventChoice['channels'][number]

interface RowProps {
  readonly row: EventChoice
  readonly onChoose: (row: EventChoice, cell: Cell, mode: string) => void
}

function EventRow({ row, onChoose }: RowProps) {
  return (
    <tr className="border-t border-line">
      <th scope="row" className="py-1 pr-2 pl-3 text-left font-normal">
        {words(row.event)}
        <span className="block text-2xs text-low">
          {words(row.level)}: {templateText(row.title)}
        </span>
      </th>
      {row.channels.map((cell) => (
        <td key={cell.channel} className="px-1 py-1">
          <select
            className="input min-w-24"
            aria-label={`${words(row.event)} by ${CHANNEL_NAMES[cell.channel]}`}
            value={cell.mode}
            disabled={cell.modes.length === 1}
            onChange={(event) => onChoose(row, cell, event.target.value)}
          >
            {cell.modes.map((mode) => (
              <option key={mode} value={mode}>
                {MODE_NAMES[mode]}
              </option>
            ))}
          </select>
        </td>
      ))}
    </tr>
  )
}

/** Event by channel. Each choice acts at once. */
export function Matrix({ settings }: { readonly settings: NotificationSettings }) {
  const change = useSettingsChange()
  const choose: RowProps['onChoose'] = (row, cell, mode) =>
    change.mutate({ preferences: [{ event: row.event, channel: cell.channel, mode: mode as Cell['mode'] }] })
  return (
    <Panel
      title="What is told, and how"
      aside={
        <span role="status" className="text-2xs text-low">
          {change.isPending ? 'Saving…' : change.isSuccess ? 'Saved' : 'Each choice acts at once'}
        </span>
      }
    >
      {change.error && <FormError error={change.error} />}
      <div className="overflow-x-auto" tabIndex={0} role="region" aria-label="Events by channel">
        <table className="w-full text-xs">
          <thead>
            <tr>
              <th scope="col" className="py-2 pl-3 text-left font-semibold text-mid">
                Event
              </th>
              {settings.channels.map(({ channel }) => (
                <th key={channel} scope="col" className="px-1 py-2 text-left font-semibold text-mid">
                  {CHANNEL_NAMES[channel]}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {CATEGORIES.map((category) => (
              <Fragment key={category}>
                <tr className="border-t border-line bg-s2">
                  <th scope="colgroup" colSpan={5} className="px-3 py-1 text-left font-semibold">
                    {words(category)}
                  </th>
                </tr>
                {settings.events
                  .filter((row) => row.category === category)
                  .map((row) => (
                    <EventRow key={row.event} row={row} onChoose={choose} />
                  ))}
              </Fragment>
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  )
}
