import { Autocomplete } from '@base-ui/react/autocomplete'
import { Dialog } from '@base-ui/react/dialog'
import { useMemo } from 'react'
import { type Command, useCommands } from '@/lib/commands'
import { Keys } from './Keys'

interface Group {
  readonly value: Command['group']
  readonly items: ReadonlyArray<Command>
}

const ORDER = ['Go to', 'Do'] as const

/** Every command by its words: type, choose with the arrows, Enter does it. Commands that matter open their own dialog. */
export default function CommandPalette({ onClose }: { readonly onClose: () => void }) {
  const commands = useCommands()
  const groups = useMemo<Group[]>(
    () => ORDER.map((value) => ({ value, items: commands.filter((one) => one.group === value) })),
    [commands],
  )
  const choose = (command: Command) => {
    onClose()
    // The palette gives the focus back first: a dialog that the command opens then takes it.
    setTimeout(command.run)
  }
  return (
    <Dialog.Root open onOpenChange={(open) => !open && onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="fixed inset-0 z-40 bg-backdrop" />
        <Dialog.Popup className="fixed top-[12dvh] left-1/2 z-50 flex max-h-[70dvh] w-[min(36rem,calc(100vw-1.5rem))] -translate-x-1/2 flex-col overflow-hidden rounded-lg border border-line-strong bg-s1 text-fg outline-none">
          <Dialog.Title className="sr-only">Commands</Dialog.Title>
          <Autocomplete.Root
            open
            inline
            items={groups}
            autoHighlight="always"
            keepHighlight
            itemToStringValue={(command: Command) => command.title}
          >
            <Autocomplete.Input
              aria-label="Type a command or a page"
              placeholder="Type a command or a page"
              className="min-h-12 w-full shrink-0 border-b border-line bg-s1 px-4 text-sm outline-none placeholder:text-low"
            />
            <Autocomplete.Empty className="px-4 py-3 text-mid empty:hidden">
              Nothing is called that. Try “journal”, “pause” or “close”.
            </Autocomplete.Empty>
            <Autocomplete.List aria-label="Commands" className="min-h-0 overflow-auto p-1">
              {(group: Group) => (
                <Autocomplete.Group key={group.value} items={group.items}>
                  <Autocomplete.GroupLabel className="px-3 pt-2 pb-1 text-2xs text-low">
                    {group.value}
                  </Autocomplete.GroupLabel>
                  <Autocomplete.Collection>
                    {(command: Command) => (
                      <Autocomplete.Item
                        key={command.id}
                        value={command}
                        onClick={() => choose(command)}
                        className="flex min-h-control cursor-pointer items-center justify-between gap-3 rounded px-3 data-highlighted:bg-s3"
                      >
                        {command.title}
                        {command.keys && <Keys keys={command.keys} />}
                      </Autocomplete.Item>
                    )}
                  </Autocomplete.Collection>
                </Autocomplete.Group>
              )}
            </Autocomplete.List>
          </Autocomplete.Root>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  )
}
