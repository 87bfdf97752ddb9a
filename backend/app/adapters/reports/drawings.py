"""Charts of a report with their places worked out, in points from the upper left corner, as SVG has them."""

from dataclasses import dataclass
from typing import Final

from app.domain.chart_scale import Scale, scale_of, spread
from app.domain.report_sheet import Chart, ChartKind
from app.domain.report_words import signed

WIDTH: Final = 720.0
NARROW: Final = 360.0  # of a phone: the letters stay as large as the page's
HEIGHT: Final = 200.0
LEFT: Final = 74.0
RIGHT_MARGIN: Final = 8.0
TOP: Final = 10.0
BOTTOM: Final = HEIGHT - 22.0
BAR_FRACTION: Final = 0.7
MOST_PLACES: Final = 4


@dataclass(frozen=True, slots=True)
class Mark:
    """A round value and its height."""

    y: float
    text: str


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar; `css` is `up` or `down`."""

    x: float
    y: float
    width: float
    height: float
    css: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """A chart ready to be drawn: a line or area through `points`, or bars. `words` say what it shows."""

    words: str
    css: str
    marks: tuple[Mark, ...]
    points: tuple[tuple[float, float], ...]
    bars: tuple[Bar, ...]
    base: float
    width: float
    height: float = HEIGHT
    left: float = LEFT

    @property
    def right(self) -> float:
        """Where the drawing area ends."""
        return self.width - RIGHT_MARGIN

    @property
    def path(self) -> str:
        """The points as an SVG path; an area under them is closed."""
        if not self.points:
            return ""
        line = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in self.points)
        return (
            line
            if self.css == "line"
            else f"{line}L{self.points[-1][0]:.1f} {self.base:.1f}L{self.points[0][0]:.1f} {self.base:.1f}Z"
        )


def drawing_of(chart: Chart, width: float = WIDTH) -> Drawing | None:
    """Return the chart's drawing; None where it has no value, or a line of fewer than two points."""
    if not chart.values or (chart.kind is not ChartKind.BARS and len(chart.values) == 1):
        return None
    scale = scale_of(chart.values, with_zero=chart.kind is not ChartKind.LINE)
    marks = tuple(Mark(round(_y(scale, value), 1), text) for value, text in _marked(scale))
    least, most = min(chart.values), max(chart.values)
    places = _places(scale)
    words = f"{chart.title} in {chart.unit}: from {signed(least, places)} to {signed(most, places)}"
    base = _y(scale, 0.0) if chart.kind is not ChartKind.LINE else BOTTOM
    if chart.kind is ChartKind.BARS:
        return Drawing(words, "", marks, (), _bars(chart, scale, base, width), base, width)
    places_x = spread(chart.positions)
    points = tuple(
        (LEFT + x * (width - RIGHT_MARGIN - LEFT), _y(scale, value))
        for x, value in zip(places_x, chart.values, strict=True)
    )
    return Drawing(words, chart.kind.value, marks, points, (), base, width)


def _bars(chart: Chart, scale: Scale, base: float, across: float) -> tuple[Bar, ...]:
    room = (across - RIGHT_MARGIN - LEFT) / len(chart.values)
    width = room * BAR_FRACTION
    bars = []
    for place, value in enumerate(chart.values):
        if value == 0:
            continue
        top = min(_y(scale, value), base)
        height = max(abs(_y(scale, value) - base), 0.5)
        x = LEFT + place * room + (room - width) / 2
        bars.append(
            Bar(round(x, 1), round(top, 1), round(width, 1), round(height, 1), "up" if value > 0 else "down")
        )
    return tuple(bars)


def _y(scale: Scale, value: float) -> float:
    return BOTTOM - scale.place(value) * (BOTTOM - TOP)


def _marked(scale: Scale) -> list[tuple[float, str]]:
    places = _places(scale)
    return [(value, signed(value, places)) for value in scale.marks]


def _places(scale: Scale) -> int:
    """Decimal places that tell the marks apart."""
    step = (scale.high - scale.low) / max(len(scale.marks) - 1, 1)
    for places in range(MOST_PLACES):
        if abs(round(step, places) - step) < step * 1e-6:
            return places
    return MOST_PLACES
