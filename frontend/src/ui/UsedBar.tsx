import { cx } from './classes'

interface Props {
  readonly label: string
  /** Share of the limit that is used, 0-1 and above; null where it is not known. */
  readonly fraction: number | null
  /** "1.12% of 5%" */
  readonly text: string
  readonly note?: string | null
  readonly tripped?: boolean
  /** Whether its use is known; a limit that is not set has a use and no fraction. */
  readonly known?: boolean
}

function level(fraction: number, tripped: boolean): readonly [word: string, glyph: string] {
  if (tripped || fraction >= 1) return ['Limit reached', '■']
  if (fraction >= 0.8) return ['High', '‼']
  if (fraction >= 0.6) return ['Elevated', '!']
  return ['Normal', '']
}

/** How much of a limit is used: a bar with ticks at 60 and 80 percent of the limit, and a word. */
export function UsedBar({ label, fraction, text, note, tripped = false, known }: Props) {
  const [word, glyph] = level(fraction ?? 0, tripped)
  const said = (known ?? fraction !== null) ? word : 'Not known'
  const width = `${Math.min(1, Math.max(0, fraction ?? 0)) * 100}%`
  const fill =
    said === 'Limit reached'
      ? 'bg-crit-solid'
      : said === 'High'
        ? 'bg-crit'
        : said === 'Elevated'
          ? 'bg-warn'
          : 'bg-mid'
  return (
    <div>
      <div className="num flex flex-wrap justify-between gap-x-2 text-xs">
        <span className="text-mid">{label}</span>
        <span>
          {text}
          {said !== 'Normal' && (
            <span className="ml-1.5 font-semibold">
              {glyph} {said}
            </span>
          )}
        </span>
      </div>
      <div
        role="meter"
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(Math.min(1, Math.max(0, fraction ?? 0)) * 100)}
        aria-valuetext={`${text}. ${said}.`}
        className="relative mt-1 h-1.5 overflow-hidden rounded bg-s3"
      >
        <div className={cx('h-full rounded', fill)} style={{ width }} />
        <i aria-hidden="true" className="absolute inset-y-0 left-[60%] w-px bg-bg" />
        <i aria-hidden="true" className="absolute inset-y-0 left-[80%] w-px bg-bg" />
      </div>
      {note && <p className="mt-0.5 text-2xs text-low">{note}</p>}
    </div>
  )
}
