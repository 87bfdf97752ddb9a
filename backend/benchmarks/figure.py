"""The form of a figure: one JSON object per line, whose ratio is always "larger is better"."""

import json


def figure_line(name: str, value: float, unit: str, *, limit: str, limit_value: float) -> str:
    """The line of a rate beside its limit; the ratio is the fraction of the limit that is reached."""
    line = {
        "name": name,
        "value": round(value, 3),
        "unit": unit,
        "limit": limit,
        "peer_value": round(limit_value, 3),
        "ratio": round(value / limit_value, 4),
    }
    return json.dumps(line)
