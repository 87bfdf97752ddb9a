"""Fewer points of a line that look like the line: largest triangle three buckets (Steinarsson 2013)."""

import numpy as np
import numpy.typing as npt

Series = npt.NDArray[np.float64]
LEAST_POINTS = 3


def kept_points(times: Series, values: Series, most: int) -> npt.NDArray[np.intp]:
    """Return the places of at most `most` points, in order: the first, the last, and of each bucket between the
    one that spans the largest triangle with the point kept before it and the next bucket's mean. All places
    where there are no more than `most`. Raises ValueError below three points."""
    if most < LEAST_POINTS:
        raise ValueError(f"a line needs {LEAST_POINTS} points or more, not {most}")
    count = times.size
    if count <= most:
        return np.arange(count)
    edges = np.append(np.linspace(1, count - 1, most - 1).astype(np.intp), count)
    kept = np.empty(most, dtype=np.intp)
    kept[0], kept[-1] = 0, count - 1
    for bucket in range(most - 2):
        begin, end = edges[bucket], edges[bucket + 1]
        ahead = slice(end, edges[bucket + 2])
        next_time, next_value = times[ahead].mean(), values[ahead].mean()
        at = kept[bucket]
        areas = np.abs(
            (times[at] - next_time) * (values[begin:end] - values[at])
            - (times[at] - times[begin:end]) * (next_value - values[at])
        )
        kept[bucket + 1] = begin + int(np.argmax(areas))
    return kept
