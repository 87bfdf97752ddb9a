"""What circuit breakers did between two times, as one page that can be read, kept and mailed: no script, nothing
loaded from anywhere."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from html import escape
from typing import Final

from app.services.breaker_views import EventView

WIDTH: Final = 960
HEIGHT: Final = 220
LEFT: Final = 48
BOTTOM: Final = 36
MOST_BARS: Final = 48
MOST_ROWS: Final = 2_000
STEPS: Final = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15), timedelta(hours=1))
COLOURS: Final = ("#2f6fed", "#d9480f", "#2b8a3e", "#9c36b5", "#b08900", "#0b7285")
STYLE: Final = """
:root{color-scheme:light dark}body{font:15px/1.5 system-ui,sans-serif;max-width:1000px;margin:2rem auto;padding:0 1rem}
h1{font-size:1.5rem;margin:0 0 .25rem}h2{font-size:1.1rem;margin:2rem 0 .5rem}p{margin:.25rem 0}
dl{display:flex;flex-wrap:wrap;gap:.5rem 2.5rem;margin:1rem 0}dt{opacity:.7;font-size:.85rem}
dd{margin:0;font-size:1.4rem;font-variant-numeric:tabular-nums}.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:.9rem}
th,td{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #8884;white-space:nowrap}td.why{white-space:normal}
td.n{text-align:right;font-variant-numeric:tabular-nums}svg{width:100%;height:auto}svg text{font:12px system-ui,
sans-serif;fill:currentColor}svg line{stroke:currentColor;opacity:.25}.key span{margin-right:1.25rem}.key i{display:
inline-block;width:.8rem;height:.8rem;border-radius:2px;margin-right:.35rem;vertical-align:-1px}
"""


@dataclass(frozen=True, slots=True)
class ReportPeriod:
    """From `since` up to `until`, market time where a rule decided by it, wall time otherwise; both UTC."""

    since: datetime
    until: datetime

    @property
    def step(self) -> timedelta:
        """How long one bar of the chart is: the shortest that makes no more than `MOST_BARS`."""
        length = self.until - self.since
        return next((step for step in STEPS if length <= step * MOST_BARS), length / MOST_BARS)


def breaker_report(events: Sequence[EventView], period: ReportPeriod) -> str:
    """The page: how many trips of which cause when, and every event with its reading, limit and reason."""
    trips = [event for event in events if event.kind == "tripped"]
    causes = [cause for cause, _ in Counter(event.cause for event in trips).most_common()]
    shown = sorted(events, key=_at)[:MOST_ROWS]
    left_out = len(events) - len(shown)
    return "".join(
        (
            "<!doctype html><html lang=en><head><meta charset=utf-8>",
            "<meta name=viewport content='width=device-width, initial-scale=1'>",
            f"<title>Circuit breakers, {period.since:%d %B %Y}</title><style>{STYLE}</style></head><body><main>",
            f"<h1>Circuit breakers</h1><p>{period.since:%d %B %Y, %H:%M} to {period.until:%d %B %Y, %H:%M} UTC</p>",
            _figures(events, trips),
            "<h2>Trips over time</h2>",
            _key(causes),
            _chart(trips, causes, period),
            "<h2>What happened</h2>",
            "<div class=scroll tabindex=0 role=region aria-label='Every event'>",
            "<table><thead><tr><th>Time (UTC)<th>What<th>Scope<th>Cause",
            "<th>Reading<th>Limit<th>Why</tr></thead><tbody>",
            *(_row(event) for event in shown),
            "</tbody></table></div>",
            f"<p>{left_out} later events are left out.</p>" if left_out else "",
            "</main></body></html>",
        )
    )


def _at(event: EventView) -> datetime:
    return event.market_time or event.created_at


def _figures(events: Sequence[EventView], trips: Sequence[EventView]) -> str:
    first = min((_at(event) for event in trips), default=None)
    figures = (
        ("Trips", str(len(trips))),
        ("Accounts and wallets stopped", str(len({(event.scope, event.scope_id) for event in trips}))),
        ("Told only", str(sum(event.kind == "alerted" for event in events))),
        ("First trip", "none" if first is None else f"{first:%H:%M}"),
    )
    return (
        "<dl>" + "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in figures) + "</dl>"
    )


def _key(causes: Sequence[str]) -> str:
    return (
        "<p class=key>"
        + "".join(
            f"<span><i style='background:{_colour(place)}'></i>{escape(_words(cause))}</span>"
            for place, cause in enumerate(causes)
        )
        + "</p>"
    )


def _chart(trips: Sequence[EventView], causes: Sequence[str], period: ReportPeriod) -> str:
    """Trips in each step of time, stacked by cause."""
    step = period.step
    bars = max(1, -(-(period.until - period.since) // step))
    counts = Counter((int((_at(event) - period.since) / step), event.cause) for event in trips)
    highest = max((sum(counts[place, cause] for cause in causes) for place in range(bars)), default=0)
    scale = (HEIGHT - BOTTOM - 16) / max(highest, 1)
    wide = (WIDTH - LEFT) / bars
    drawn = [
        f"<svg viewBox='0 0 {WIDTH} {HEIGHT}' role=img"
        f" aria-label='{len(trips)} trips; at most {highest} at once'>",
        f"<line x1={LEFT} x2={WIDTH} y1={HEIGHT - BOTTOM} y2={HEIGHT - BOTTOM} />",
        f"<text x={LEFT - 6} y={HEIGHT - BOTTOM} text-anchor=end>0</text>",
        f"<text x={LEFT - 6} y=20 text-anchor=end>{highest}</text>",
    ]
    for place in range(bars):
        x, top = LEFT + place * wide, float(HEIGHT - BOTTOM)
        for colour, cause in enumerate(causes):
            high = counts[place, cause] * scale
            if high:
                top -= high
                drawn.append(
                    f"<rect x={x + 1:.1f} y={top:.1f} width={max(wide - 2, 1):.1f} height={high:.1f}"
                    f" fill='{_colour(colour)}'><title>{counts[place, cause]} {escape(_words(cause))}</title></rect>"
                )
        if place % max(1, bars // 8) == 0:
            drawn.append(
                f"<text x={x:.1f} y={HEIGHT - BOTTOM + 18}>{period.since + place * step:%d. %H:%M}</text>"
            )
    return "".join([*drawn, "</svg>"])


def _row(event: EventView) -> str:
    scope = event.scope if event.scope == "platform" else f"{event.scope} {event.scope_id[:8]}"
    return (
        f"<tr><td>{_at(event):%d. %H:%M:%S}<td>{escape(event.kind)}<td>{escape(scope)}"
        f"<td>{escape(_words(event.cause))}<td class=n>{_figure(event.reading)}<td class=n>{_figure(event.threshold)}"
        f"<td class=why>{escape(event.reason)}</tr>"
    )


def _figure(text: str | None) -> str:
    """A reading in its own unit, to two places; nothing where a rule has none."""
    return "" if text is None else f"{Decimal(text):.2f}"


def _words(cause: str) -> str:
    return cause.replace("_", " ")


def _colour(place: int) -> str:
    return COLOURS[place % len(COLOURS)]
