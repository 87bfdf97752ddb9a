// Our own line icons on a 20-pixel grid; decoration only, the words stand beside them.
const PATHS = {
  overview: 'M3.500 3.500h5.500v7h-5.500zM11.500 3.500h5v4h-5zM11.500 10.500h5v6h-5zM3.500 13.500h5.500v3h-5.500z',
  search: 'M9 4a5 5 0 100 10 5 5 0 000-10zm3.600 8.600L16.500 16.500',
  positions: 'M3 16V9m4.7 7V4m4.6 12v-5m4.7 5V7',
  journal: 'M5 3.5h10v13H5zM7.5 7h5m-5 3h5m-5 3h3',
  analytics: 'M3.5 16.500h13M4 13l4-4.500 3 2.500 5-6.500',
  report: 'M5.500 3.500h6l3 3v10h-9zM11.500 3.500v3h3M8 14v-2.500m2 2.500V9.500m2 4.500v-3',
  risk: 'M10 3l6 2.2v4.4c0 3.6-2.5 6.2-6 7.4-3.5-1.200-6-3.800-6-7.400V5.200zM10 7v3.500m0 2.300v.2',
  wallet: 'M3.500 6h13v10h-13zM3.500 6l9.500-2.500V6m1 5h.01',
  account: 'M10 10a3 3 0 100-6 3 3 0 000 6zm-6 6.500c.8-3 3-4.500 6-4.500s5.200 1.500 6 4.500',
  sun: 'M10 6.500a3.500 3.500 0 100 7 3.500 3.500 0 000-7zM10 2v1.500m0 13V18M2 10h1.500m13 0H18M4.300 4.300l1.100 1.100m9.200 9.200l1.100 1.100m0-11.400l-1.100 1.100m-9.200 9.200l-1.100 1.100',
  moon: 'M16 11.500A6.500 6.500 0 018.500 4 6.500 6.500 0 1016 11.500z',
  pause: 'M7 4.500v11m6-11v11',
  play: 'M6.500 4.500v11l9-5.500z',
  bell: 'M5.500 13.500V9a4.500 4.500 0 019 0v4.500l1.500 1.500h-12zM8.500 17h3',
  close: 'M5 5l10 10M15 5L5 15',
  check: 'M4 10.500l4 4 8-9',
  lock: 'M5.500 9h9v7.500h-9zM7.500 9V6.500a2.500 2.500 0 015 0V9',
  unlock: 'M5.500 9h9v7.500h-9zM7.500 9V6a2.500 2.500 0 014.800-1',
  more: 'M4.500 10h.01M10 10h.01M15.500 10h.01',
  refresh: 'M16 10a6 6 0 11-1.800-4.300M16 3v3.500h-3.500',
} as const

export type IconName = keyof typeof PATHS

export function Icon({ name, size = 18 }: { readonly name: IconName; readonly size?: number }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 20 20"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.6"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      className="shrink-0"
    >
      <path d={PATHS[name]} />
    </svg>
  )
}
