import { useVirtualizer } from '@tanstack/react-virtual'
import {
  type KeyboardEvent,
  memo,
  type ReactNode,
  type RefObject,
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
} from 'react'
import { cx } from './classes'
import { RowSlots } from './row-slots'
import { RowWindow } from './row-window'

export interface Column<Row> {
  readonly id: string
  readonly title: string
  /** A CSS grid track, e.g. "9rem" or "minmax(8rem,1fr)". */
  readonly track: string
  readonly right?: boolean
  readonly cell: (row: Row) => ReactNode
}

interface Props<Row> {
  readonly label: string
  readonly rows: ReadonlyArray<Row>
  readonly columns: ReadonlyArray<Column<Row>>
  readonly rowKey: (row: Row) => string
  /** The accessible name of a row. */
  readonly rowLabel: (row: Row) => string
  readonly onOpen: (row: Row) => void
  readonly openKey?: string | undefined
  /** Called when the end comes near. */
  readonly onEnd?: () => void
  readonly footer?: ReactNode
  readonly className?: string
}

const NEAR_END = 20

/** The height of a row as the density has it, in pixels; read again when density or pointer change it. */
function useRowHeight(): number {
  const [height, setHeight] = useState(28)
  useEffect(() => {
    const root = document.documentElement
    const read = () => {
      const rem = Number.parseFloat(getComputedStyle(root).getPropertyValue('--row')) || 1.75
      setHeight(rem * (Number.parseFloat(getComputedStyle(root).fontSize) || 16))
    }
    read()
    const observer = new MutationObserver(read)
    observer.observe(root, { attributes: true, attributeFilter: ['data-density'] })
    const pointer = matchMedia('(pointer: coarse)')
    pointer.addEventListener('change', read)
    return () => {
      observer.disconnect()
      pointer.removeEventListener('change', read)
    }
  }, [])
  return height
}

interface Actions<Row> {
  readonly rowLabel: (row: Row) => string
  readonly choose: (index: number, row: Row) => void
  readonly press: (event: KeyboardEvent, index: number, row: Row) => void
  /** The row that had the focus is out of sight, and its element shows another one. */
  readonly leave: () => void
}

interface LineProps<Row> {
  readonly row: Row
  /** The row's key: the element outlives it. */
  readonly name: string
  readonly index: number
  readonly start: number
  readonly columns: ReadonlyArray<Column<Row>>
  readonly tracks: string
  readonly isOpen: boolean
  readonly inTabOrder: boolean
  /** The same object for every line and every render: a line is made anew only when what it shows changes. */
  readonly actions: RefObject<Actions<Row>>
}

function PlainLine<Row>({ row, name, index, start, columns, tracks, isOpen, inTabOrder, actions }: LineProps<Row>) {
  const self = useRef<HTMLDivElement>(null)
  const shown = useRef(name)
  useLayoutEffect(() => {
    if (shown.current !== name && self.current === document.activeElement) actions.current.leave()
    shown.current = name
  }, [name, actions])
  return (
    <div
      ref={self}
      role="row"
      data-row={index}
      aria-rowindex={index + 2}
      aria-label={actions.current.rowLabel(row)}
      aria-selected={isOpen}
      tabIndex={inTabOrder ? 0 : -1}
      onClick={() => actions.current.choose(index, row)}
      onKeyDown={(event) => actions.current.press(event, index, row)}
      className={cx(
        'absolute inset-x-0 grid h-row cursor-pointer border-b leading-row border-line contain-strict hover:bg-s2 focus-visible:-outline-offset-2',
        isOpen && 'bg-s3',
      )}
      style={{ gridTemplateColumns: tracks, transform: `translateY(${start}px)` }}
    >
      {columns.map((column) => (
        <div key={column.id} role="cell" className={cx('truncate px-2 contain-strict', column.right && 'text-right')}>
          {column.cell(row)}
        </div>
      ))}
    </div>
  )
}

const Line = memo(PlainLine) as typeof PlainLine

/** A table of any length: only the rows in sight are in the document. Arrow keys move, Enter opens. */
export function DataTable<Row>(props: Props<Row>) {
  const { label, rows, columns, rowKey, rowLabel, onOpen, openKey, onEnd, footer, className } = props
  const scroller = useRef<HTMLDivElement>(null)
  const [active, setActive] = useState(0)
  const rowHeight = useRowHeight()
  const [drawn] = useState(() => new RowWindow())
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    rangeExtractor: drawn.rows,
    // A scroll is drawn with the next frame, not within the event.
    useFlushSync: false,
    initialRect: { width: 1000, height: 600 },
  })
  const { measure } = virtual
  // biome-ignore lint/correctness/useExhaustiveDependencies: measured rows are forgotten when the height changes
  useEffect(() => measure(), [rowHeight, measure])
  const items = virtual.getVirtualItems()
  const [slots] = useState(() => new RowSlots())
  const inWindow = items.flatMap((item) => {
    const row = rows[item.index]
    return row === undefined ? [] : [{ item, row, name: rowKey(row) }]
  })
  const taken = slots.take(inWindow.map((one) => one.name))
  const lastShown = items.at(-1)?.index ?? 0
  useEffect(() => {
    if (rows.length > 0 && lastShown >= rows.length - NEAR_END) onEnd?.()
  }, [lastShown, rows.length, onEnd])

  const isActiveDrawn = items.some((item) => item.index === active)
  const tabStop = isActiveDrawn ? active : items[0]?.index
  const tracks = columns.map((column) => column.track).join(' ')
  // A row that is far away is drawn some frames after it was asked for.
  const wanted = useRef<number | null>(null)
  const focusWanted = () => {
    const row = scroller.current?.querySelector<HTMLElement>(`[data-row="${wanted.current}"]`)
    if (!row) return
    wanted.current = null
    row.focus()
  }
  useEffect(() => {
    if (wanted.current !== null) focusWanted()
  })
  const focusRow = (index: number) => {
    const next = Math.max(0, Math.min(rows.length - 1, index))
    setActive(next)
    virtual.scrollToIndex(next)
    wanted.current = next
    focusWanted()
  }
  const onKeyDown = (event: KeyboardEvent, index: number, row: Row) => {
    const steps: Record<string, number> = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1, PageDown: 15, PageUp: -15 }
    const step = steps[event.key]
    if (step !== undefined) {
      event.preventDefault()
      focusRow(index + step)
    } else if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault()
      onOpen(row)
    } else if (event.key === 'Home') focusRow(0)
    else if (event.key === 'End') focusRow(rows.length - 1)
  }

  const current: Actions<Row> = {
    rowLabel,
    choose: (index, row) => {
      setActive(index)
      onOpen(row)
    },
    press: onKeyDown,
    leave: () => scroller.current?.focus({ preventScroll: true }),
  }
  const actions = useRef(current)
  actions.current = current

  return (
    <div
      ref={scroller}
      tabIndex={0}
      role="region"
      aria-label={`${label}, scrollable`}
      className={cx('overflow-auto', className)}
    >
      <div role="table" aria-label={label} aria-rowcount={rows.length + 1} className="w-max min-w-full">
        <div role="rowgroup" className="sticky top-0 z-10 bg-s2">
          <div
            role="row"
            aria-rowindex={1}
            className="grid border-b border-line"
            style={{ gridTemplateColumns: tracks }}
          >
            {columns.map((column) => (
              <div
                key={column.id}
                role="columnheader"
                className={cx(
                  'flex h-row items-center truncate px-2 text-xs font-semibold text-mid',
                  column.right && 'justify-end',
                )}
              >
                {column.title}
              </div>
            ))}
          </div>
        </div>
        <div role="rowgroup" className="num relative" style={{ height: virtual.getTotalSize() }}>
          {inWindow.map(({ item, row, name }, place) => (
            <Line
              key={taken[place]}
              row={row}
              name={name}
              index={item.index}
              start={item.start}
              columns={columns}
              tracks={tracks}
              isOpen={name === openKey}
              inTabOrder={item.index === tabStop}
              actions={actions}
            />
          ))}
        </div>
      </div>
      {footer}
    </div>
  )
}
