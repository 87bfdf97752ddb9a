import { qrPath } from './qr'

/** A QR code of rows of "0" and "1", dark on white in every theme, with its quiet zone. */
export function QrCode({ rows, label }: { readonly rows: ReadonlyArray<string>; readonly label: string }) {
  return (
    <svg
      role="img"
      aria-label={label}
      viewBox={`-4 -4 ${rows.length + 8} ${rows.length + 8}`}
      className="mt-1 size-44 rounded bg-white text-black"
      shapeRendering="crispEdges"
    >
      <path d={qrPath(rows)} fill="currentColor" />
    </svg>
  )
}
