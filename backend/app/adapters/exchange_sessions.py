"""Sessions of exchanges, printed as JSON by a process of its own: `python -m app.adapters.exchange_sessions FIRST
LAST CODE...`. The calendars come with pandas, which no process of the product has to carry."""

import json
import sys

import exchange_calendars
import pandas


def sessions(code: str, first: str, last: str) -> list[tuple[int, int]]:
    """Return (opens, closes) in milliseconds since 1970 of every session from a date to a date; one with a break is
    two."""
    held = exchange_calendars.get_calendar(code, start=first, end=last).schedule
    spans = []
    for opens, pauses, resumes, closes in zip(
        held["open"], held["break_start"], held["break_end"], held["close"], strict=True
    ):
        if pandas.isna(pauses) or pandas.isna(resumes):
            spans.append((opens, closes))
        else:
            spans += [(opens, pauses), (resumes, closes)]
    return [(_ms(opens), _ms(closes)) for opens, closes in spans]


def _ms(at: pandas.Timestamp) -> int:
    return int(at.timestamp() * 1000)


if __name__ == "__main__":
    begins, ends, *codes = sys.argv[1:]
    json.dump({code: sessions(code, begins, ends) for code in codes}, sys.stdout)
