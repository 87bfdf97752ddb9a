"""Background jobs of market data: signals of a bar, and the sweeps that find what was missed."""

from typing import Any

import structlog

from app.bootstrap.market import MarketParts
from app.core.metrics import loop_failed
from app.domain.timeframes import Timeframe
from app.domain.venue import VenueUnavailableError
from app.services.trading.signals import Bar

log = structlog.get_logger(__name__)
Context = dict[str, Any]  # arq's own


async def compute_signals(
    context: Context, venue: str, symbol: str, timeframe: str, bar_close_ms: int
) -> int:
    """Compute one bar; returns how many signals it gave."""
    parts: MarketParts = context["parts"]
    try:
        return await parts.signals.compute(Bar(venue, symbol, Timeframe(timeframe), bar_close_ms))
    except VenueUnavailableError as error:
        log.warning("a bar waits for the sweep", symbol=symbol, close_ms=bar_close_ms, error=str(error))
        return 0


async def sweep_signals(context: Context) -> None:
    """Compute bars that were missed, and strategies that raised."""
    parts: MarketParts = context["parts"]
    for bar in await parts.missed_bars():
        try:
            await compute_signals(context, bar.venue, bar.symbol, bar.timeframe.value, bar.close_ms)
        except Exception:
            log.exception(
                "a missed bar failed; the others go on",
                symbol=bar.symbol,
                close_ms=bar.close_ms,
                failures=loop_failed("missed bars"),
            )
    for failed in await parts.signals.failures():
        try:
            await parts.signals.retry(failed)
        except VenueUnavailableError as error:
            log.warning("a strategy waits for its next try", strategy=failed.strategy, error=str(error))
        except Exception:
            log.exception(
                "a strategy's next try failed; the others go on",
                strategy=failed.strategy,
                failures=loop_failed("strategy retry"),
            )


async def keep_house(context: Context) -> None:
    """Partitions of the months to come, and an end to what is done."""
    parts: MarketParts = context["parts"]
    await parts.keep_house()


async def beat(context: Context) -> None:
    """Say that the jobs are alive."""
    parts: MarketParts = context["parts"]
    await parts.beat("jobs")
