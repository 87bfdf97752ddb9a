import { Popover } from '@base-ui/react/popover'
import type { RefObject } from 'react'
import { words } from '@/lib/format/words'
import { Icon } from '@/ui/icons'
import { type Health, healthWords } from './health-words'

function percentOf(fraction: string): string {
  return `${Math.round(Number(fraction) * 100)}`
}

function Parts({ health }: { readonly health: Health }) {
  return (
    <table className="num mt-2 w-full text-xs">
      <caption className="sr-only">Parts of the score</caption>
      <thead className="text-left text-2xs text-low">
        <tr>
          <th className="pr-3 font-normal">Reading</th>
          <th className="pr-3 text-right font-normal">Mark</th>
          <th className="text-right font-normal">Weight</th>
        </tr>
      </thead>
      <tbody>
        {health.parts.map((part) => (
          <tr key={part.part} className="border-t border-line align-top">
            <td className="py-1 pr-3">
              <span className="block text-2xs text-low">{words(part.part)}</span>
              {part.sentence}
            </td>
            <td className="py-1 pr-3 text-right">
              {part.mark === null ? <span className="text-low">unknown</span> : percentOf(part.mark)}
            </td>
            <td className="py-1 text-right text-mid">{percentOf(part.weight)}%</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

interface Props {
  readonly health: Health
  /** The button that was pressed: the reasons stand beside it, and the focus goes back to it. */
  readonly anchor: RefObject<HTMLButtonElement | null>
  readonly onClose: () => void
}

/** Every part of the score with its reading and weight. What is unknown is left out of the mean. */
export default function HealthReasons({ health, anchor, onClose }: Props) {
  return (
    <Popover.Root open onOpenChange={(next) => !next && onClose()}>
      <Popover.Portal>
        <Popover.Positioner anchor={anchor} sideOffset={4} className="z-60">
          <Popover.Popup
            finalFocus={anchor}
            className="max-h-[80dvh] w-[min(24rem,calc(100vw-1.5rem))] overflow-auto rounded-lg border border-line-strong bg-s2 p-3 text-fg shadow-lg outline-none"
          >
            <div className="flex items-start justify-between gap-2">
              <Popover.Title className="text-sm font-semibold">{healthWords(health)}</Popover.Title>
              <Popover.Close
                aria-label="Close reasons"
                className="inline-flex size-6 items-center justify-center rounded text-mid hover:bg-s3 hover:text-fg pointer-coarse:size-11"
              >
                <Icon name="close" size={14} />
              </Popover.Close>
            </div>
            <Popover.Description className="text-xs text-mid">
              {health.score === null
                ? 'There is no score without a stop on the venue and a price.'
                : 'The mean of the marks that are known, by weight, of 100. It decides nothing: it tells you where to look.'}
            </Popover.Description>
            <Parts health={health} />
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  )
}
