"""What our exit rules would have done with positions that were closed by hand: walked as the market goes on."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

import structlog

from app.core.db import Database
from app.domain.accounting import money
from app.domain.counterfactual import WouldLeave, walk
from app.domain.timeframes import Timeframe
from app.domain.types import Candle
from app.domain.venue import VenueUnavailableError
from app.models.manual_trade import ManualTrade
from app.repositories.external_trades import SystemManualTradeRepository
from app.services.ports import MarketReader
from app.services.trading.kept_rules import KeptRules, kept_rules, rules_document

AT_ONCE: Final = 20
BARS: Final = 498  # of the light page, one less than it because the newest may still be open
LONGEST: Final = timedelta(days=30)
FINE: Final = Timeframe("1m")
MILLISECOND: Final = timedelta(milliseconds=1)
EPOCH: Final = datetime.fromisoformat("1970-01-01T00:00:00+00:00")

log = structlog.get_logger(__name__)


class Counterfactuals:
    """Resolves what waits; does no harm when run twice."""

    def __init__(self, system: Database, reader: MarketReader) -> None:
        self._system = system
        self._reader = reader

    async def resolve(self) -> int:
        """Walk those that wait over the bars since; returns how many are known now."""
        resolved = 0
        async with self._system.system() as session:
            for trade in await SystemManualTradeRepository(session).pending(AT_ONCE):
                try:
                    resolved += await self._walk(trade)
                except VenueUnavailableError as error:
                    log.warning("a counterfactual waits for its bars", symbol=trade.symbol, error=str(error))
                    break
        return resolved

    async def _walk(self, trade: ManualTrade) -> bool:
        """One chunk of bars; what is left waits for the next round."""
        if trade.rules is None or trade.walked_until is None:
            trade.counterfactual = "unresolved"
            return False
        instrument = await self._reader.instrument(trade.venue, trade.symbol)
        if instrument is None:
            return False
        kept = kept_rules(trade.rules, instrument)
        bars, length = await self._bars(trade, kept)
        found = walk(kept.walked, bars)
        if isinstance(found, WouldLeave):
            _resolve(trade, kept, found)
            return True
        trade.rules = rules_document(replace(kept, walked=found))
        if bars:
            trade.walked_until = EPOCH + bars[-1].open_time_ms * MILLISECOND + length
        if trade.walked_until - trade.executed_at > LONGEST:
            trade.counterfactual = "unresolved"
        return False

    async def _bars(self, trade: ManualTrade, kept: KeptRules) -> tuple[Sequence[Candle], timedelta]:
        """The next closed bars: of a minute where the venue has them, else of the trade's own timeframe. The bar
        in which the position was closed is left out: part of it was before."""
        now = await self._reader.quote(trade.venue, trade.symbol)
        if now is None or trade.walked_until is None:
            return [], timedelta(0)
        for timeframe in (FINE, Timeframe(kept.timeframe)):
            length = timeframe.milliseconds
            until = min(now.market_time, trade.walked_until + (BARS - 1) * length * MILLISECOND)
            bars = await self._reader.closed_candles(
                trade.venue,
                trade.symbol,
                timeframe.value,
                limit=BARS,
                now_market_ms=(until - EPOCH) // MILLISECOND,
            )
            since = (trade.walked_until - EPOCH) // MILLISECOND
            after = [bar for bar in bars if bar.open_time_ms >= since]
            if after:
                return after, length * MILLISECOND
        return [], timedelta(0)


def _resolve(trade: ManualTrade, kept: KeptRules, left: WouldLeave) -> None:
    """Net of the fee of leaving and, of the trade's own fees, the share that the entry paid."""
    entry = kept.walked.position.entry_price
    gross = kept.walked.position.side.sign * (left.price - entry) * trade.quantity
    fees = money(kept.fee_rate * (left.price + entry) * trade.quantity)
    trade.counterfactual = "resolved"
    trade.rules_exit_at, trade.rules_exit_reason = left.at, left.reason.value
    trade.rules_exit_price = left.price.quantize(Decimal("1e-10"))
    trade.rules_pnl = money(gross) - fees
