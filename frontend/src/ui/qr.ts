/** The dark cells of a QR code (rows of "0" and "1") as one path, a unit per cell. */
export function qrPath(rows: ReadonlyArray<string>): string {
  return rows.flatMap((row, y) => [...row].map((cell, x) => (cell === '1' ? `M${x} ${y}h1v1h-1z` : ''))).join('')
}
