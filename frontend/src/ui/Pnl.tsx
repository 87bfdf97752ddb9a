import { signOf } from '@/lib/format/decimal'
import { ABSENT, signedMoney, signedPercent } from '@/lib/format/numbers'
import { cx } from './classes'

interface Props {
  readonly value: string | null
  readonly percent?: string | null
  readonly className?: string
  /** Percent under the amount instead of beside it. */
  readonly stacked?: boolean
}

/** Profit or loss; the sign is carried by a glyph, by + or −, and by hue. */
export function Pnl({ value, percent, className, stacked = false }: Props) {
  if (value === null) return <span className={cx('num text-mid', className)}>{ABSENT}</span>
  const sign = signOf(value)
  const hue = sign === 'profit' ? 'text-profit' : sign === 'loss' ? 'text-loss' : 'text-mid'
  return (
    <span className={cx('num whitespace-nowrap', hue, className)}>
      <span aria-hidden="true">{sign === 'profit' ? '▲ ' : sign === 'loss' ? '▼ ' : '■ '}</span>
      {signedMoney(value)}
      {percent !== undefined && percent !== null && (
        <span className={stacked ? 'block text-xs font-normal' : ''}>
          {stacked ? signedPercent(percent) : ` (${signedPercent(percent)})`}
        </span>
      )}
    </span>
  )
}
