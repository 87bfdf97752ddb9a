import type { ReactNode } from 'react'
import { cx } from './classes'

export interface Heading {
  readonly title: string
  readonly right?: boolean
}

/** Rows of figures under headings; scrolls inside itself where it is wider than the page. */
export function FigureTable(props: {
  readonly caption: string
  readonly headings: ReadonlyArray<Heading>
  readonly rows: ReadonlyArray<{ readonly key: string; readonly cells: ReadonlyArray<ReactNode> }>
}) {
  const { caption, headings, rows } = props
  return (
    <section className="overflow-x-auto" aria-label={caption} tabIndex={0}>
      <table className="num w-full text-xs">
        <caption className="sr-only">{caption}</caption>
        <thead>
          <tr className="border-b border-line text-mid">
            {headings.map(({ title, right }) => (
              <th
                key={title}
                scope="col"
                className={cx('px-3 py-1.5 font-semibold whitespace-nowrap', right ? 'text-right' : 'text-left')}
              >
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ key, cells }) => (
            <tr key={key} className="border-b border-line last:border-b-0">
              {cells.map((cell, place) => {
                const title = headings[place]?.title ?? ''
                return place === 0 ? (
                  <th key={title} scope="row" className="px-3 py-1 text-left font-normal whitespace-nowrap">
                    {cell}
                  </th>
                ) : (
                  <td key={title} className="px-3 py-1 text-right whitespace-nowrap">
                    {cell}
                  </td>
                )
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}
