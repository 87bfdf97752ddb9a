import { useVirtualizer } from '@tanstack/react-virtual'
import { type KeyboardEvent, type ReactNode, useEffect, useRef, useState } from 'react'
import { cx } from './classes'

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
    return () => observer.disconnect()
  }, [])
  return height
}

/** A table of any length: only the rows in sight are in the document. Arrow keys move, Enter opens. */
export function DataTable<Row>(props: Props<Row>) {
  const { label, rows, columns, rowKey, rowLabel, onOpen, openKey, onEnd, footer, className } = props
  const scroller = useRef<HTMLDivElement>(null)
  const [active, setActive] = useState(0)
  const rowHeight = useRowHeight()
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 12,
    initialRect: { width: 1000, height: 600 },
  })
  const { measure } = virtual
  // biome-ignore lint/correctness/useExhaustiveDependencies: measured rows are forgotten when the height changes
  useEffect(() => measure(), [rowHeight, measure])
  const items = virtual.getVirtualItems()
  const lastShown = items.at(-1)?.index ?? 0
  useEffect(() => {
    if (rows.length > 0 && lastShown >= rows.length - NEAR_END) onEnd?.()
  }, [lastShown, rows.length, onEnd])

  const tracks = columns.map((column) => column.track).join(' ')
  const focusRow = (index: number) => {
    const next = Math.max(0, Math.min(rows.length - 1, index))
    setActive(next)
    virtual.scrollToIndex(next)
    requestAnimationFrame(() => scroller.current?.querySelector<HTMLElement>(`[data-row="${next}"]`)?.focus())
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
          {items.map((item) => {
            const row = rows[item.index]
            if (row === undefined) return null
            const key = rowKey(row)
            return (
              <div
                key={key}
                role="row"
                data-row={item.index}
                aria-rowindex={item.index + 2}
                aria-label={rowLabel(row)}
                aria-selected={key === openKey}
                tabIndex={item.index === Math.min(active, rows.length - 1) ? 0 : -1}
                onClick={() => {
                  setActive(item.index)
                  onOpen(row)
                }}
                onKeyDown={(event) => onKeyDown(event, item.index, row)}
                className={cx(
                  'absolute inset-x-0 grid h-row cursor-pointer items-center border-b border-line hover:bg-s2 focus-visible:-outline-offset-2',
                  key === openKey && 'bg-s3',
                )}
                style={{ gridTemplateColumns: tracks, transform: `translateY(${item.start}px)` }}
              >
                {columns.map((column) => (
                  <div key={column.id} role="cell" className={cx('truncate px-2', column.right && 'text-right')}>
                    {column.cell(row)}
                  </div>
                ))}
              </div>
            )
          })}
        </div>
      </div>
      {footer}
    </div>
  )
}
