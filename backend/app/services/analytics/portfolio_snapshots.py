"""Snapshots of every portfolio on a fixed clock: taken while figures are fresh, rebuilt where one was missed."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID

import structlog

from app.core.db import Database
from app.core.metrics import SNAPSHOTS_LEFT_OUT
from app.domain.drawdown import drawdown_fraction, peak_after, peak_after_flow
from app.domain.snapshots import Marks, PortfolioState, Posting, Resolution, missing_slots, rebuilt
from app.domain.timeframes import Timeframe
from app.domain.types import Environment
from app.domain.venue import VenueUnavailableError
from app.repositories.portfolio_history import SlotSums, SystemHistoryRepository, WalletHistory
from app.repositories.portfolio_snapshots import Hole, SystemSnapshotRepository
from app.services.ports import MarketReader

FRESH: Final = timedelta(minutes=2)
MOST_WALLETS: Final = 50  # of a round; the next one goes on
MOST_SLOTS: Final = 900  # of a wallet and round: what a venue tells in one answer
MONTHS_AHEAD: Final = timedelta(days=62)
# How far back a hole is looked for, and the bars whose closes are the marks.
LOOK_BACK: Final = {
    Resolution.FINE: timedelta(days=1),
    Resolution.HOUR: timedelta(days=14),
    Resolution.DAY: timedelta(days=100),
}
BARS: Final = {
    Resolution.FINE: Timeframe.M5,
    Resolution.HOUR: Timeframe.H1,
    Resolution.DAY: Timeframe.H4,
}

log = structlog.get_logger(__name__)


class SnapshotKeeper:
    """Works for every tenant; does no harm when run twice or at once."""

    def __init__(self, system: Database, reader: MarketReader, now: Callable[[], datetime]) -> None:
        self._system = system
        self._reader = reader
        self._now = now

    async def take(self) -> int:
        """Take the slots that have begun of every account that was read in the last two minutes; returns how
        many."""
        async with self._system.system() as session:
            taken = await SystemSnapshotRepository(session).take(self._now() - FRESH)
        if taken.left_out:
            SNAPSHOTS_LEFT_OUT.inc(taken.left_out)
            log.warning("accounts whose clocks are far off get no snapshot", accounts=taken.left_out)
        return taken.snapshots

    async def rebuild_missed(self) -> int:
        """Fill holes out of postings, fills and bars; returns how many snapshots that gave. What a venue does not
        tell now waits for the next round."""
        count = 0
        for resolution in Resolution:
            async with self._system.system() as session:
                repository = SystemSnapshotRepository(session)
                holes = await repository.holes(resolution, LOOK_BACK[resolution], MOST_WALLETS)
            for hole in holes:
                try:
                    count += await self._fill(hole, resolution)
                except VenueUnavailableError as error:
                    log.warning("a missed snapshot waits", wallet_id=str(hole.wallet_id), error=str(error))
            for user_id, environment, since in _users(holes):
                count += await self._sum_up(user_id, environment, resolution, since - resolution.step)
        return count

    async def keep_house(self) -> None:
        """Make the months to come, and drop what is older than its resolution is kept."""
        now = self._now()
        async with self._system.system() as session:
            repository = SystemSnapshotRepository(session)
            await repository.ensure_partitions(now.date(), (now + MONTHS_AHEAD).date())
            for resolution in Resolution:
                if resolution.kept is not None:
                    await repository.drop_partitions(resolution, (now - resolution.kept).date())

    async def _fill(self, hole: Hole, resolution: Resolution) -> int:
        async with self._system.system() as session:
            taken = await SystemSnapshotRepository(session).taken(
                hole.wallet_id, hole.environment, resolution, hole.first
            )
            slots = missing_slots(taken, hole.first, resolution.slot(hole.clock), resolution)[:MOST_SLOTS]
            if not slots:
                return 0
            before = slots[0] - resolution.step
            history = SystemHistoryRepository(session)
            standing = await history.standing(hole.wallet_id, hole.environment, resolution.value, before)
            is_all_posted = hole.environment == Environment.PAPER
            books = await history.of_wallet(hole.wallet_id, before, None if is_all_posted else standing)
        marks = await self._marks(hole, books, slots, resolution)
        opening = Posting(before, books.balance, is_flow=False)
        peak = None if standing is None else standing.peak
        states = rebuilt([opening, *books.postings], books.fills, marks, slots, peak=peak)
        rows = [_row(hole.user_id, hole.wallet_id, hole.environment, resolution, state) for state in states]
        return await self._store(rows, slots)

    async def _marks(
        self, hole: Hole, books: WalletHistory, slots: Sequence[datetime], resolution: Resolution
    ) -> Marks:
        """Closes of the bars that end at the slots, of every symbol that was held. A price counts until two bars
        later."""
        frame = BARS[resolution]
        bars = int((hole.clock - slots[0]) / timedelta(milliseconds=frame.milliseconds)) + 3
        closes: dict[str, list[tuple[datetime, Decimal]]] = {}
        for symbol in sorted({fill.symbol for fill in books.fills}):
            candles = await self._reader.closed_candles(
                hole.venue,
                symbol,
                frame.value,
                limit=min(bars, 1_500),
                now_market_ms=int(hole.clock.timestamp() * 1000),
            )
            closes[symbol] = [
                (
                    datetime.fromtimestamp(
                        (candle.open_time_ms + frame.milliseconds) / 1000, tz=hole.clock.tzinfo
                    ),
                    Decimal(str(candle.close)),
                )
                for candle in candles
            ]
        return Marks(closes, 2 * timedelta(milliseconds=frame.milliseconds))

    async def _sum_up(self, user_id: UUID, environment: str, resolution: Resolution, since: datetime) -> int:
        """The user's own snapshots where all wallets are known again; the peak is carried over flows."""
        async with self._system.system() as session:
            history = SystemHistoryRepository(session)
            sums = await history.user_sums(user_id, environment, resolution.value, since)
            if not sums:
                return 0
            before = await history.standing(user_id, environment, resolution.value, sums[0].at)
            flows = await history.user_flows(
                user_id, environment, sums[0].at if before is None else before.seen_at
            )
        peak = None if before is None else before.peak
        equity = None if before is None else before.equity
        rows, place = [], 0
        for slot in sums:
            while place < len(flows) and flows[place][0] <= slot.observed_at:
                if peak is not None and equity is not None:
                    peak = peak_after_flow(peak, equity, flows[place][1])
                    equity += flows[place][1]
                place += 1
            peak, equity = peak_after(peak, slot.equity), slot.equity
            # A wallet was looked at up to a slot later than it says: what had flowed in until then is in the sum.
            row = _row(user_id, None, environment, resolution, _summed(slot, peak))
            rows.append(row | {"observed_at": slot.observed_at})
        return await self._store(rows, [slot.at for slot in sums])

    async def _store(self, rows: Sequence[Mapping[str, object]], slots: Sequence[datetime]) -> int:
        async with self._system.system() as session:
            repository = SystemSnapshotRepository(session)
            await repository.ensure_partitions(slots[0].date(), slots[-1].date())
            return await repository.insert(rows)


def _users(holes: Sequence[Hole]) -> list[tuple[UUID, str, datetime]]:
    """(user, environment, where its first hole may begin)."""
    found: dict[tuple[UUID, str], datetime] = {}
    for hole in holes:
        key = (hole.user_id, hole.environment)
        found[key] = min(hole.first, found.get(key, hole.first))
    return [(user_id, environment, since) for (user_id, environment), since in found.items()]


def _summed(slot: SlotSums, peak: Decimal) -> PortfolioState:
    return PortfolioState(
        slot.at,
        slot.balance,
        slot.equity,
        slot.exposure,
        slot.margin,
        slot.unrealized,
        peak,
        drawdown_fraction(peak, slot.equity),
    )


def _row(
    user_id: UUID, wallet_id: UUID | None, environment: str, resolution: Resolution, state: PortfolioState
) -> dict[str, object]:
    return {
        "scope_id": wallet_id or user_id,
        "user_id": user_id,
        "wallet_id": wallet_id,
        "environment": environment,
        "resolution": resolution.value,
        "at": state.at,
        "source": "rebuilt",
        "observed_at": state.at,
        "balance": state.balance,
        "equity": state.equity,
        "exposure": state.exposure,
        "open_risk": None,
        "margin": state.margin,
        "unrealized": state.unrealized,
        "peak": state.peak,
        "drawdown": state.drawdown,
    }
