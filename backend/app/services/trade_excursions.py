"""MAE and MFE of trades that closed, out of the venue's bars; found once, soon after the close."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

import numpy as np
import structlog

from app.core.db import Database
from app.domain.accounting import money
from app.domain.metrics.trade_figures import excursions
from app.domain.timeframes import Timeframe
from app.domain.types import Candle, Side
from app.domain.venue import VenueUnavailableError
from app.repositories.trade_excursions import ClosedTrade, FoundExcursion, SystemTradeExcursionRepository
from app.services.ports import MarketReader

AT_ONCE: Final = 50
BARS: Final = 498  # of the light page, one less than it because the newest may still be open
LOOKED_BACK: Final = timedelta(days=7)  # wall time since the close, after which nobody looks any more
PLACES: Final = Decimal("1e-10")

log = structlog.get_logger(__name__)


class TradeExcursions:
    """Finds what is missing; does no harm when run twice."""

    def __init__(self, system: Database, reader: MarketReader, now: Callable[[], datetime]) -> None:
        self._system = system
        self._reader = reader
        self._now = now

    async def find(self) -> int:
        """Read the bars of trades that closed; returns of how many the excursions are known now."""
        async with self._system.system() as session:
            missing = await SystemTradeExcursionRepository(session).missing(
                self._now() - LOOKED_BACK, AT_ONCE
            )
        known, silent = 0, set[str]()
        for trade in missing:
            if trade.venue in silent:
                continue
            try:
                known += await self._find(trade)
            except VenueUnavailableError as error:
                silent.add(trade.venue)
                log.warning("excursions wait for their bars", venue=trade.venue, error=str(error))
        return known

    async def _find(self, trade: ClosedTrade) -> bool:
        """Store what the bars say, or that they do not cover the trade. Until its last bar has closed it waits."""
        opened, closed = (round(at.timestamp() * 1000) for at in (trade.opened_at, trade.closed_at))
        frame = finest(opened, closed)
        found = None
        if frame is not None and trade.quantity:
            first, until = frame.bar_open(opened), frame.bar_close(frame.bar_open(closed))
            quote = await self._reader.quote(trade.venue, trade.symbol)
            if quote is None or quote.market_time.timestamp() * 1000 < until:
                return False
            count = (until - first) // frame.milliseconds
            bars = await self._reader.closed_candles(
                trade.venue, trade.symbol, frame.value, limit=count, now_market_ms=until
            )
            inside = [bar for bar in bars if bar.open_time_ms >= first]
            found = found_in(trade, frame, inside) if len(inside) == count else None
        async with self._system.system() as session:
            await SystemTradeExcursionRepository(session).keep(trade, found)
        return found is not None


def finest(opened_ms: int, closed_ms: int) -> Timeframe | None:
    """The shortest bars of which one page covers the trade; None where none do."""
    for frame in Timeframe:
        length = frame.milliseconds
        if (frame.bar_open(closed_ms) - frame.bar_open(opened_ms)) // length + 1 <= BARS:
            return frame
    return None


def found_in(trade: ClosedTrade, frame: Timeframe, bars: Sequence[Candle]) -> FoundExcursion | None:
    """What the bars say; the exit's own price counts too, which a gap may have put outside of them."""
    own = [] if trade.exit_price is None else [float(trade.exit_price)]
    reached = excursions(
        Side(trade.side).sign,
        float(trade.entry_price),
        np.array([bar.high for bar in bars] + own),
        np.array([bar.low for bar in bars] + own),
    )
    if reached is None or trade.quantity is None:
        return None
    adverse, favourable = (
        Decimal(repr(one)).quantize(PLACES) for one in (reached.adverse, reached.favourable)
    )
    return FoundExcursion(
        frame.value, adverse, favourable, money(adverse * trade.quantity), money(favourable * trade.quantity)
    )
