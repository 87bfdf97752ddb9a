"""What analytics is answered from: a user's trades, snapshots and flows, read in the request's transaction."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID

import numpy as np
import numpy.typing as npt

from app.domain.attribution import NEVER, Cut, TradeColumns
from app.domain.decimal_text import plain
from app.domain.snapshots import Resolution
from app.repositories.portfolio_snapshots import NO_POINT, EquityColumns, SnapshotRepository
from app.repositories.trade_results import TradeResultRepository
from app.services.analytics.ranges import EARLIEST, Chosen
from app.services.analytics.series import (
    ENOUGH_DAYS,
    Flows,
    Line,
    line_of_snapshots,
    line_of_trades,
)
from app.services.analytics.trade_books import Book, TradeBooks
from app.services.analytics.views import AskedView

Bools = npt.NDArray[np.bool_]
A_DAY_MS: Final = 86_400_000
UNIT: Final = Decimal("0.00000001")
TRADES_VERSION: Final = 5  # the first parts of a version: those that trades depend on
# Finest first: the longest range that is drawn at that distance.
DRAWN: Final = (
    (Resolution.FINE, timedelta(days=3)),
    (Resolution.HOUR, timedelta(days=62)),
    (Resolution.DAY, timedelta.max),
)


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks: hours and days are those of the time zone."""

    user_id: UUID
    time_zone: str


class Sources:
    """Of one user; `version` is that of the answers' cache."""

    def __init__(
        self,
        snapshots: SnapshotRepository,
        results: TradeResultRepository,
        books: TradeBooks,
        asker: Asker,
        version: tuple[object, ...],
    ) -> None:
        self._snapshots = snapshots
        self.results = results
        self._books = books
        self.asker = asker
        self._version = version

    async def line(self, chosen: Chosen, closed: TradeColumns, *, drawn: bool = False) -> tuple[Line, Flows]:
        """The line that answers, and every flow of what it is of."""
        user_id, environment = self.asker.user_id, chosen.environment.value
        if chosen.is_of_trades:
            flows = await self.results.flows(user_id, environment, chosen.wallet_id)
            base = await self._equity_before(chosen)
            return line_of_trades(
                closed, base or float(sum((value for _, value in flows), Decimal(0)))
            ), flows
        if chosen.wallet_id is None:
            flows = await self.results.portfolio_flows(user_id, environment)
        else:
            flows = await self.results.flows(user_id, environment, chosen.wallet_id)
        points, at = NO_POINT, Resolution.DAY
        for resolution in await self._resolutions(chosen, drawn=drawn):
            columns = await self._columns(chosen, resolution)
            # What is not kept as long begins later: it would tell only of the end of the range.
            if len(columns.at_ms) > len(points.at_ms) and (
                not points.at_ms or columns.at_ms[0] <= points.at_ms[0] + A_DAY_MS
            ):
                points, at = columns, resolution
            if len(points.at_ms) >= ENOUGH_DAYS:
                break
        points = await self._with_ends(chosen, points)
        between = None if at is Resolution.FINE else await self._between(chosen, points, flows)
        return line_of_snapshots(points, flows, at, between), flows

    async def _with_ends(self, chosen: Chosen, inside: EquityColumns) -> EquityColumns:
        """The points of the range between what was known at its two ends: where one range ends the next begins, so
        that ranges beside each other leave nothing out and count nothing twice."""
        if not inside.at_ms:
            return inside
        scope = (self.asker.user_id, self._scope(chosen), chosen.environment.value)
        before = NO_POINT
        if chosen.begin is not None:
            before = await self._snapshots.newest(*scope, chosen.begin - Resolution.DAY.step, chosen.begin)
        after = await self._snapshots.newest(*scope, moment_of(inside.at_ms[-1]), chosen.last)
        # A coarse snapshot stands at the beginning of its slot, however late in it the account was looked at.
        first = before.observed_ms[-1] if before.observed_ms else inside.observed_ms[0] - 1
        last = after.observed_ms[0] if after.observed_ms else inside.observed_ms[-1] + 1
        places = [place for place, observed in enumerate(inside.observed_ms) if first < observed < last]
        return before.and_then(inside.chosen(places)).and_then(after)

    async def _between(self, chosen: Chosen, line: EquityColumns, flows: Flows) -> EquityColumns | None:
        """What is known between the points of a line, as long as it is kept; None where nothing flowed meanwhile."""
        if not line.at_ms:
            return None
        first, last = moment_of(line.observed_ms[0]), moment_of(line.observed_ms[-1])
        moved = [moment for moment, _ in flows if first < moment <= last]
        if not moved:
            return None
        found = NO_POINT
        for finer in (Resolution.HOUR, Resolution.FINE):
            columns = await self._snapshots.columns(
                self.asker.user_id,
                self._scope(chosen),
                chosen.environment.value,
                finer,
                min(moved) - Resolution.DAY.step,
                max(moved) + Resolution.DAY.step,
            )
            found = found.and_then(columns)
        places = {observed: place for place, observed in enumerate(found.observed_ms)}  # each look once
        return found.chosen([places[observed] for observed in sorted(places)])

    async def closed(self, chosen: Chosen) -> TradeColumns:
        """Trades that closed in the range."""
        book = await self.book(chosen)
        return book.columns.chosen(closed_in(book.columns, chosen))

    async def _resolutions(self, chosen: Chosen, *, drawn: bool) -> list[Resolution]:
        """Which distances to try, in order: days first for figures; for drawing the finest that suits the range."""
        coarse = [Resolution.DAY, Resolution.HOUR, Resolution.FINE]
        if not drawn:
            return coarse
        span = timedelta.max
        if chosen.begin is not None:
            bounds = await self._snapshots.bounds(
                self.asker.user_id, self._scope(chosen), chosen.environment.value, Resolution.DAY
            )
            newest = chosen.end or (bounds[1] + Resolution.DAY.step if bounds else chosen.begin)
            span = newest - chosen.begin
        first = next(resolution for resolution, longest in DRAWN if span <= longest)
        return [first, *(one for one in coarse if one is not first)]

    async def _columns(self, chosen: Chosen, resolution: Resolution) -> EquityColumns:
        return await self._snapshots.columns(
            self.asker.user_id,
            self._scope(chosen),
            chosen.environment.value,
            resolution,
            chosen.first,
            chosen.last,
        )

    async def _equity_before(self, chosen: Chosen) -> float | None:
        """The account's equity at its first daily snapshot of the range."""
        columns = await self._columns(chosen, Resolution.DAY)
        return columns.equity[0] if columns.equity else None

    def _scope(self, chosen: Chosen) -> UUID:
        return chosen.wallet_id or self.asker.user_id

    async def book(self, chosen: Chosen) -> Book:
        return await self._books.book(
            self.results,
            self.asker.user_id,
            chosen.environment.value,
            self.asker.time_zone,
            self._version[:TRADES_VERSION],
        )


def asked(chosen: Chosen, line: Line | None, note: str | None, basis: str = "postings") -> AskedView:
    """What was asked, with what the answer rests on."""
    return AskedView(
        environment=chosen.environment.value,
        wallet_id=chosen.wallet_id,
        strategy=chosen.strategy,
        tag=chosen.tag,
        begin=chosen.begin,
        end=chosen.end,
        basis=basis if line is None else line.basis,
        interval=Resolution.DAY.value if line is None else line.resolution.value,
        note=note,
    )


def matching(columns: TradeColumns, chosen: Chosen) -> Bools:
    """Rows of the wallet, strategy and tag."""
    rows = np.ones(columns.realized.size, dtype=np.bool_)
    wallet = None if chosen.wallet_id is None else str(chosen.wallet_id)
    for cut, wanted in ((Cut.WALLET, wallet), (Cut.STRATEGY, chosen.strategy)):
        if wanted is not None:
            labels = columns.labels[cut]
            rows &= labels.codes == (labels.names.index(wanted) if wanted in labels.names else -1)
    if chosen.tag is not None:
        labels = columns.labels[Cut.TAG]
        codes = [place for place, name in enumerate(labels.names) if chosen.tag in name.split(", ")]
        rows &= np.isin(labels.codes, codes)
    return rows


def closed_in(columns: TradeColumns, chosen: Chosen) -> Bools:
    """Trades that match and closed in the range."""
    closed = columns.closed_ms
    rows = (
        columns.is_trade
        & (closed != NEVER)
        & (closed >= milliseconds(chosen.first))
        & (closed < milliseconds(chosen.last))
    )
    return np.asarray(rows & matching(columns, chosen))


def amount(value: float) -> str:
    """A float of quote currency as text, to 1e-8."""
    return plain(Decimal(repr(float(value))).quantize(UNIT))


def note_of(line: Line, closed: TradeColumns, chosen: Chosen) -> str | None:
    """A sentence where the answer is empty, or rests on something else than one would think."""
    if not line.equity.size and not closed.realized.size:
        return "Nothing is known in this range for what is chosen: no snapshot was taken and no trade closed."
    if chosen.is_of_trades:
        return "Of some trades only: their closed P&L by day, added to the account's equity at the beginning."
    if not line.equity.size:
        return "No snapshot was taken in this range: figures of returns are not known."
    return None


def moment_of(at_ms: float) -> datetime:
    return datetime.fromtimestamp(at_ms / 1000, tz=UTC)


def milliseconds(at: datetime) -> int:
    return round(max(at, EARLIEST).timestamp() * 1000)
