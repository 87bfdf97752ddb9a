import { percent } from '@/lib/format/numbers'

interface Props {
  readonly label: string
  /** What it adds up, in a few words. */
  readonly explains: string
  /** Percent of equity as the server says; null where it is not known. */
  readonly used: string | null
  readonly limit: string | null
  /** Share of the limit in use, 0-1 and above; null where either is unknown. */
  readonly fraction: number | null
}

const LENGTH = Math.PI * 40
const ARC = 'M 10 50 A 40 40 0 0 1 90 50'

/** A tick across the arc at a share of the limit. */
function tick(share: number): string {
  const angle = Math.PI * (1 - share)
  const at = (radius: number) =>
    `${(50 + radius * Math.cos(angle)).toFixed(2)} ${(50 - radius * Math.sin(angle)).toFixed(2)}`
  return `M ${at(35)} L ${at(45)}`
}

export function heatWord(fraction: number | null, limited: boolean): string {
  if (!limited) return 'No limit'
  if (fraction === null) return 'Not known'
  if (fraction >= 1) return 'Limit reached'
  return fraction >= 0.8 ? 'High' : fraction >= 0.6 ? 'Elevated' : 'Normal'
}

/** A semicircle with ticks at 60 and 80 percent of the limit; from High on its stroke is dashed. */
export function HeatGauge({ label, explains, used, limit, fraction }: Props) {
  const word = heatWord(fraction, limit !== null)
  const text = limit === null ? `${percent(used, 1)}, no limit` : `${percent(used, 1)} of ${percent(limit, 0)} limit`
  const shown = Math.min(1, Math.max(0, fraction ?? 0))
  const severe = word === 'High' || word === 'Limit reached'
  const tone = severe ? 'text-crit' : word === 'Elevated' ? 'text-warn' : 'text-fg'
  return (
    <div
      role="meter"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(shown * 100)}
      aria-valuetext={`${text}. ${word}.`}
      className="min-w-0 text-center"
    >
      <p className="text-xs font-semibold text-mid">{label}</p>
      <svg viewBox="0 0 100 54" aria-hidden="true" className="mx-auto w-full max-w-52">
        <path d={ARC} fill="none" className="stroke-s3" strokeWidth="9" />
        {shown > 0 && (
          <path
            d={ARC}
            fill="none"
            stroke="currentColor"
            strokeWidth="9"
            strokeDasharray={severe ? dashed(shown) : `${LENGTH * shown} ${LENGTH}`}
            className={tone}
          />
        )}
        {limit !== null &&
          [0.6, 0.8].map((share) => <path key={share} d={tick(share)} className="stroke-bg" strokeWidth="1.2" />)}
        <text x="50" y="47" textAnchor="middle" className="num fill-fg" fontSize="15" fontWeight="600">
          {percent(used, 1)}
        </text>
      </svg>
      <p className="num text-xs">{text}</p>
      <p className={`text-xs font-semibold ${tone}`}>
        {severe && <span aria-hidden="true">‼ </span>}
        {word}
      </p>
      <p className="mt-0.5 text-2xs text-low">{explains}</p>
    </div>
  )
}

/** Dashes over the used part of the arc, then nothing. */
function dashed(share: number): string {
  const [dash, gap] = [5, 1.6]
  const parts: number[] = []
  for (let done = 0; done < LENGTH * share; done += dash + gap) {
    parts.push(Math.min(dash, LENGTH * share - done), gap)
  }
  return [...parts, 0, LENGTH * 2].map((part) => part.toFixed(2)).join(' ')
}
