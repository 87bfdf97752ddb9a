import { type RulerPrices, type RulerScale, rulerScale } from './ruler-scale'

interface Props extends RulerPrices {
  /** The figures in words, for those who do not see the ruler. */
  readonly summary: string
  readonly trailed: boolean
}

function left(percent: number) {
  return { left: `${percent}%` }
}

function Marks({ scale, trailed }: { readonly scale: RulerScale; readonly trailed: boolean }) {
  const from = Math.min(scale.entry, scale.mark)
  const span = Math.abs(scale.mark - scale.entry)
  return (
    <>
      <i className="absolute inset-x-0 top-5 h-px bg-line-strong" />
      <i
        className={`absolute top-[1.1rem] h-1 rounded-full ${scale.winning ? 'bg-profit' : 'bg-loss'}`}
        style={{ left: `${from}%`, width: `${span}%` }}
      />
      {trailed && (
        <i
          className="absolute top-3 h-4 w-0 -translate-x-1/2 border-l-2 border-dotted border-low"
          style={left(scale.initialStop)}
        />
      )}
      <i className="absolute top-3.5 h-3 w-0.5 -translate-x-1/2 bg-mid" style={left(scale.entry)} />
      {scale.ticks
        .filter((tick) => scale.target === null || Math.abs(scale.target - tick.at) > 1)
        .map((tick) => (
          <i
            key={tick.label}
            className={`absolute top-[1.05rem] size-1.5 -translate-x-1/2 rounded-full border border-mid ${tick.taken ? 'bg-mid' : 'bg-s1'}`}
            style={left(tick.at)}
          />
        ))}
      {scale.target !== null && (
        <i
          className="absolute top-3.5 h-3 w-1.5 -translate-x-1/2 border-2 border-l-0 border-fg"
          style={left(scale.target)}
        />
      )}
      <i className="absolute top-2 h-6 w-1 -translate-x-1/2 rounded-sm bg-warn" style={left(scale.stop)} />
      <i
        className="absolute top-[0.95rem] size-2.5 -translate-x-1/2 rotate-45 border border-s1 bg-fg"
        style={left(scale.mark)}
      />
    </>
  )
}

/** Words under and over the ruler; a word that would touch its neighbour is left out. */
function Words({ scale }: { readonly scale: RulerScale }) {
  const below = scale.ticks.map((tick) => [tick.label, tick.at] as const)
  const entryClear = below.every(([, at]) => Math.abs(at - scale.entry) > 11)
  const targetClear = scale.target !== null && Math.abs(scale.target - scale.stop) > 18
  const word = 'absolute -translate-x-1/2 text-[0.625rem] leading-3 text-mid'
  return (
    <>
      <span
        className={`${word} top-[-0.25rem] font-semibold text-warn`}
        style={left(Math.max(7, Math.min(93, scale.stop)))}
      >
        stop
      </span>
      {targetClear && scale.target !== null && (
        <span className={`${word} top-[-0.25rem]`} style={left(Math.min(92, scale.target))}>
          target
        </span>
      )}
      {entryClear && (
        <span className={`${word} top-[1.9rem]`} style={left(scale.entry)}>
          entry
        </span>
      )}
      {below.map(([label, at]) => (
        <span key={label} className={`${word} num top-[1.9rem]`} style={left(at)}>
          {label}
        </span>
      ))}
    </>
  )
}

/** A ruler in multiples of the initial risk: first stop, stop now, entry, price, 1R to 3R (solid where a part was taken) and the target. */
export function StopRuler({ summary, trailed, ...prices }: Props) {
  const scale = rulerScale(prices)
  return (
    <figure className="m-0 my-2">
      <figcaption className="sr-only">{summary}</figcaption>
      <div aria-hidden="true" className="relative h-11">
        {scale === null ? (
          <span className="text-2xs text-low">No ruler: the first stop equals the entry.</span>
        ) : (
          <>
            <Marks scale={scale} trailed={trailed} />
            <Words scale={scale} />
          </>
        )}
      </div>
    </figure>
  )
}
