// What can be done from the keyboard: whoever can do something registers it while it is on the page.
import { useEffect, useRef, useSyncExternalStore } from 'react'

export interface Command {
  readonly id: string
  /** As a sentence begins: "Go to the trade journal". */
  readonly title: string
  readonly group: 'Go to' | 'Do'
  /** The keys that do the same, as they are written: "G then J". */
  readonly keys?: string
  readonly run: () => void
}

const held = new Map<string, Command>()
const listeners = new Set<() => void>()
let listed: ReadonlyArray<Command> = []

function publish(): void {
  listed = [...held.values()]
  for (const listener of listeners) listener()
}

function register(command: Command): () => void {
  held.set(command.id, command)
  publish()
  return () => {
    if (held.get(command.id) !== command) return
    held.delete(command.id)
    publish()
  }
}

/** Offers a command while the component is on the page; null offers nothing. */
export function useCommand(command: Command | null): void {
  const run = useRef(command?.run)
  useEffect(() => {
    run.current = command?.run
  })
  const { id, title, group, keys } = command ?? {}
  useEffect(() => {
    if (id === undefined || title === undefined || group === undefined) return
    return register({ id, title, group, ...(keys === undefined ? {} : { keys }), run: () => run.current?.() })
  }, [id, title, group, keys])
}

export function commandOf(id: string): Command | undefined {
  return held.get(id)
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

export function useCommands(): ReadonlyArray<Command> {
  return useSyncExternalStore(subscribe, () => listed)
}
