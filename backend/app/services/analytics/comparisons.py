"""Trades by day and month, and side by side."""

from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np

from app.domain.attribution import Cut, TradeColumns, net_total
from app.services.analytics.figures import figures_of_trades, quote
from app.services.analytics.ranges import Chosen
from app.services.analytics.series import CLOSED_TRADES
from app.services.analytics.sources import Sources, asked, closed_in
from app.services.analytics.views import CalendarView, ColumnView, CompareView, DayView


class TradeComparisons:
    """One question at a time."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources

    async def calendar(self, chosen: Chosen) -> CalendarView:
        """Closed trades by day and by month of the asker's zone."""
        closed = await self._sources.closed(chosen)
        zone = ZoneInfo(self._sources.asker.time_zone)
        days: dict[str, list[int]] = {}
        net = closed.net.tolist()
        for place, at in enumerate(closed.closed_ms.tolist()):
            day = datetime.fromtimestamp(at / 1000, tz=zone).date().isoformat()
            held = days.setdefault(day, [0, 0, 0])
            held[0] += 1
            held[1] += net[place] > 0
            held[2] += net[place]
        months: dict[str, list[int]] = {}
        for day, figures in days.items():
            held = months.setdefault(day[:7], [0, 0, 0])
            for place, value in enumerate(figures):
                held[place] += value
        note = None if days else "No trade closed in this range for what is chosen."
        return CalendarView(
            asked(chosen, None, note, CLOSED_TRADES),
            self._sources.asker.time_zone,
            _days(days),
            _days(months),
        )

    async def compare(self, chosen: Chosen, by: Cut | None) -> CompareView:
        """The figures of trades by the keys of a cut, or (without one) of this range and the one before it."""
        columns: list[ColumnView] = []
        book = await self._sources.book(chosen)
        if by is None:
            for key, one in (("this range", chosen), ("the range before", chosen.before())):
                if one is not None:
                    columns.append(_column(key, book.columns.chosen(closed_in(book.columns, one))))
        else:
            closed = book.columns.chosen(closed_in(book.columns, chosen))
            labels = closed.labels[by]
            columns += [
                _column(labels.names[code], closed.chosen(labels.codes == code))
                for code in np.unique(labels.codes).tolist()
            ]
            columns.sort(key=lambda column: (-column.trades, column.key))
        note = (
            None
            if any(one.trades for one in columns)
            else "No trade closed in this range for what is chosen."
        )
        name = "period" if by is None else by.value
        return CompareView(asked(chosen, None, note, CLOSED_TRADES), name, columns)


def _column(key: str, closed: TradeColumns) -> ColumnView:
    figures, _, _ = figures_of_trades(closed)
    return ColumnView(key, int(closed.is_trade.sum()), quote(net_total(closed)), figures)


def _days(held: dict[str, list[int]]) -> list[DayView]:
    return [DayView(day, count, won, quote(net)) for day, (count, won, net) in sorted(held.items())]
