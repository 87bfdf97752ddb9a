import type { ReactNode } from 'react'

interface Props {
  readonly label: string
  readonly heads: ReadonlyArray<string>
  readonly rows: ReadonlyArray<{ readonly key: string; readonly cells: ReadonlyArray<ReactNode> }>
  readonly empty: string
}

/** A small table of figures that scrolls inside itself on a phone. */
export function Table({ label, heads, rows, empty }: Props) {
  if (rows.length === 0) return <p className="p-3 text-mid">{empty}</p>
  return (
    <div className="overflow-auto px-3 pb-2" tabIndex={0} role="region" aria-label={label}>
      <table className="num w-full text-xs">
        <thead className="text-left text-2xs text-low">
          <tr>
            {heads.map((head) => (
              <th key={head} scope="col" className="py-1 pr-3 font-normal whitespace-nowrap">
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.key} className="border-t border-line align-top">
              {row.cells.map((cell, place) => (
                <td key={heads[place]} className="py-1 pr-3">
                  {cell}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
