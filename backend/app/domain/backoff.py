"""How long to wait before something is tried again: doubled each time, bounded, and spread."""

LEAST_SHARE = 0.5


def backoff_seconds(failures: int, *, base_seconds: float, most_seconds: float, draw: float) -> float:
    """Return the wait after that many failures in a row (from 1): base x 2^(failures - 1), at most
    `most_seconds`, of which between half and all by `draw` (0 <= draw < 1), so that what failed together
    does not come back together. Source: "equal jitter", M. Brooker, AWS Architecture Blog, 2015."""
    if failures < 1 or not 0 <= draw < 1:
        raise ValueError(f"no wait after {failures} failures with a draw of {draw}")
    doublings = min(failures - 1, 62)  # beyond it a float of any base is over every bound anyway
    wait = min(base_seconds * 2.0**doublings, most_seconds)
    return wait * (LEAST_SHARE + (1 - LEAST_SHARE) * draw)
