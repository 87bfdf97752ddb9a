"""Questions about a portfolio, answered for one user in the request's transaction."""

from dataclasses import replace
from typing import Final
from uuid import UUID

import numpy as np
import numpy.typing as npt

from app.domain.attribution import NEVER, Cut, TradeColumns, attribution, net_total, total
from app.domain.downsampling import kept_points
from app.domain.metrics.drawdowns import drawdowns
from app.domain.metrics.flows import money_weighted_return
from app.domain.metrics.returns import annual_turnover, mean_exposure
from app.services.analytics.figures import (
    PERCENT,
    QUOTE,
    causes_view,
    figure,
    figures_of_returns,
    figures_of_trades,
    quote,
)
from app.services.analytics.ranges import Chosen
from app.services.analytics.series import (
    Flows,
    Line,
)
from app.services.analytics.sources import (
    Sources,
    amount,
    asked,
    closed_in,
    matching,
    milliseconds,
    moment_of,
    note_of,
)
from app.services.analytics.trade_books import Book
from app.services.analytics.views import (
    AttributionView,
    DrawdownsView,
    EquityView,
    FallView,
    FigureView,
    PortfolioView,
    ShareView,
)

Bools = npt.NDArray[np.bool_]
SECONDS_PER_YEAR: Final = 365 * 86_400.0


class PortfolioAnalytics:
    """One question at a time."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources

    async def portfolio(self, chosen: Chosen) -> PortfolioView:
        """Equity at both ends, what was made, and every figure of returns and of closed trades."""
        book = await self._sources.book(chosen)
        closed = book.columns.chosen(closed_in(book.columns, chosen))
        line, flows = await self._sources.line(chosen, closed)
        figures = figures_of_returns(line.returns, line.resolution.periods_per_year)
        figures += self._account_figures(line, flows, book, chosen)
        of_trades, won, lost = figures_of_trades(closed)
        inside = float(line.flows.sum())
        known = line.equity.size > 0
        # One point has two ends of which nothing is known: what was made before it, or since.
        profit = float(line.equity[-1] - line.equity[0] - inside) if line.equity.size > 1 else None
        return PortfolioView(
            asked=asked(chosen, line, note_of(line, closed, chosen)),
            as_of=moment_of(line.at_ms[-1]) if known else None,
            first_equity=amount(line.equity[0]) if known else None,
            last_equity=amount(line.equity[-1]) if known else None,
            flows=amount(inside),
            profit=None if profit is None else amount(profit),
            trades=int(closed.is_trade.sum()),
            won=won,
            lost=lost,
            net_pnl=quote(net_total(closed)),
            figures=figures + of_trades,
        )

    async def attribution(self, chosen: Chosen, by: Cut) -> AttributionView:
        """P&L posted in the range, by a cut and by cause; adds up to the account's P&L of the range exactly."""
        posted = await self._posted(chosen)
        note = None if posted.realized.size else "Nothing was posted in this range for what is chosen."
        return AttributionView(
            asked=asked(chosen, None, note),
            by=by.value,
            trades=int(posted.is_trade.sum()),
            total=causes_view(total(posted)),
            shares=[
                ShareView(share.key, share.trades, causes_view(share.causes))
                for share in attribution(posted, by)
            ],
        )

    async def equity(self, chosen: Chosen, points: int) -> EquityView:
        """The line for drawing, thinned to `points`."""
        book = await self._sources.book(chosen)
        closed = book.columns.chosen(closed_in(book.columns, chosen))
        line, _ = await self._sources.line(chosen, closed, drawn=True)
        kept = (
            kept_points(line.at_ms, line.equity, points) if line.equity.size else np.empty(0, dtype=np.intp)
        )
        falls = line.drawdowns()
        return EquityView(
            asked=asked(chosen, line, note_of(line, closed, chosen)),
            total=line.equity.size,
            at_ms=[int(value) for value in line.at_ms[kept]],
            equity=[round(value, 8) for value in line.equity[kept].tolist()],
            drawdown_percent=[round(value * PERCENT, 6) for value in falls[kept].tolist()],
            exposure=[round(value, 8) for value in line.exposure[kept].tolist()],
        )

    async def drawdowns(self, chosen: Chosen, most: int) -> DrawdownsView:
        """The deepest falls of the flow-adjusted line."""
        book = await self._sources.book(chosen)
        closed = book.columns.chosen(closed_in(book.columns, chosen))
        line, _ = await self._sources.line(chosen, closed)
        curve = line.drawdowns()
        found = drawdowns(curve, most)
        views = [
            FallView(
                moment_of(line.at_ms[fall.peak]),
                moment_of(line.at_ms[fall.trough]),
                None if fall.recovery is None else moment_of(line.at_ms[fall.recovery]),
                fall.depth * PERCENT,
                float(line.at_ms[-1 if fall.recovery is None else fall.recovery] - line.at_ms[fall.peak])
                / 86_400_000,
            )
            for fall in found
        ]
        current = float(curve[-1]) * PERCENT if curve.size else None
        return DrawdownsView(asked(chosen, line, note_of(line, closed, chosen)), current, views)

    async def _posted(self, chosen: Chosen) -> TradeColumns:
        """Rows with what was posted in the range. Trades that reach over an end of it are cut by their postings."""
        book = await self._sources.book(chosen)
        columns, mine = book.columns, matching(book.columns, chosen)
        if chosen.begin is None and chosen.end is None:
            return columns.chosen(mine)
        begin, end = milliseconds(chosen.first), milliseconds(chosen.last)
        opened, closed = columns.opened_ms, columns.closed_ms
        over = (closed == NEVER) | (closed >= end)
        touches = (opened != NEVER) & (opened < end) & (over | (closed >= begin))
        crossing = mine & columns.is_trade & touches & (over | (opened < begin))
        inside = mine & touches & ~over & ((opened >= begin) | ~columns.is_trade)
        places = np.flatnonzero(crossing)
        ids = [one for place in places.tolist() if (one := book.ids[place]) is not None]
        parts = await self._sources.results.parts(
            self._sources.asker.user_id, chosen.environment.value, ids, chosen.first, chosen.last
        )
        return _cut(columns, book, places, parts, inside, over)

    def _account_figures(self, line: Line, flows: Flows, book: Book, chosen: Chosen) -> list[FigureView]:
        """Money-weighted return, exposure and turnover; undefined for only some of the trades."""
        n = line.returns.size
        if chosen.is_of_trades or not line.equity.size:
            return [figure(name, unit, None, 0) for name, unit in ACCOUNT_FIGURES]
        first, last = moment_of(line.at_ms[0]), moment_of(line.at_ms[-1])
        seen = (
            moment_of(line.observed_ms[0]),
            moment_of(line.observed_ms[-1]),
        )  # the equity is of these moments
        inside = [(at, float(value)) for at, value in flows if seen[0] < at <= seen[1]]
        rate = money_weighted_return(
            [seen[0], *(at for at, _ in inside), seen[1]],
            [float(line.equity[0]), *(value for _, value in inside)],
            float(line.equity[-1]),
        )
        bounds = replace(chosen, begin=first, end=last + line.resolution.step)
        traded = book.traded[closed_in(book.columns, bounds)].sum() / QUOTE
        years = float(line.at_ms[-1] - line.at_ms[0]) / 1000 / SECONDS_PER_YEAR
        values: dict[str, tuple[float | None, int]] = {
            "money_weighted_return": (rate, n),
            "mean_exposure": (mean_exposure(line.exposure, line.equity), line.equity.size),
            "annual_turnover": (annual_turnover(float(traded), float(line.equity.mean()), years), n),
        }
        return [figure(name, unit, *values[name]) for name, unit in ACCOUNT_FIGURES]


ACCOUNT_FIGURES: Final = (
    ("money_weighted_return", "percent"),
    ("mean_exposure", "percent"),
    ("annual_turnover", "ratio"),
)


def _cut(
    columns: TradeColumns,
    book: Book,
    places: npt.NDArray[np.intp],
    parts: dict[UUID, tuple[int, int, int]],
    inside: Bools,
    over: Bools,
) -> TradeColumns:
    """The rows inside, and of those that reach over an end what was posted in the range. What slipped counts where
    a trade closed."""
    realized, fees, funding, slippage = (
        column.copy() for column in (columns.realized, columns.fees, columns.funding, columns.slippage)
    )
    for place in places.tolist():
        trade_id = book.ids[place]
        part = (0, 0, 0) if trade_id is None else parts.get(trade_id, (0, 0, 0))
        realized[place], fees[place], funding[place] = part
        if over[place]:
            slippage[place] = 0
    keep = inside.copy()
    keep[places] = True
    return replace(columns, realized=realized, fees=fees, funding=funding, slippage=slippage).chosen(keep)
