// A line as an SVG path, and the scale that it is drawn with.
export interface Scale {
  readonly low: number
  readonly high: number
}

/** The span of the values, widened where they do not vary. */
export function scaleOf(values: ReadonlyArray<number>): Scale {
  if (values.length === 0) return { low: 0, high: 1 }
  let low = Number.POSITIVE_INFINITY
  let high = Number.NEGATIVE_INFINITY
  for (const value of values) {
    low = Math.min(low, value)
    high = Math.max(high, value)
  }
  const room = high > low ? 0 : Math.max(Math.abs(high) * 0.01, 1)
  return { low: low - room, high: high + room }
}

/** "M0 10L5 3…" over a box of that size; time runs to the right, larger values stand higher. */
export function linePath(
  times: ReadonlyArray<number>,
  values: ReadonlyArray<number>,
  scale: Scale,
  width: number,
  height: number,
): string {
  const first = times[0] ?? 0
  const span = (times.at(-1) ?? first) - first || 1
  return values
    .map((value, place) => {
      const x = (((times[place] ?? first) - first) / span) * width
      const y = height - ((value - scale.low) / (scale.high - scale.low)) * height
      return `${place === 0 ? 'M' : 'L'}${x.toFixed(1)} ${y.toFixed(1)}`
    })
    .join('')
}
