"""Streams of a venue through ccxt.pro: nudges for one account, and prices for everybody.

A user stream can fall silent for ever (`listenKeyExpired` is swallowed), so one that says nothing for long is
made anew. What it says is only a hint; REST is the truth.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import datetime
from decimal import Decimal

import ccxt
import structlog

from app.adapters.exchange.ccxt_instances import Ccxt
from app.adapters.exchange.dialect import moment
from app.adapters.exchange.error_map import read_error
from app.domain.venue import AccountHint, Quote

log = structlog.get_logger(__name__)
SILENCE_SECONDS = 1_200.0
PRICE_SILENCE_SECONDS = 20.0
RETRY_SECONDS = (0.2, 0.5, 1.0, 2.0, 5.0)

MakeStream = Callable[[], Awaitable[Ccxt]]


class AccountStream:
    """Nudges of one account; the stream is opened when first asked for."""

    def __init__(self, make: MakeStream, silence_seconds: float = SILENCE_SECONDS) -> None:
        self._make = make
        self._silence = silence_seconds
        self._stream: Ccxt | None = None

    async def hints(self) -> AsyncIterator[AccountHint]:
        failures = 0
        while True:
            try:
                stream = await self._open()
                yield AccountHint(None, "connected")  # events of the gap are lost: read everything again
                while True:
                    orders = await asyncio.wait_for(stream.watch_orders(), self._silence)
                    failures = 0
                    for symbol in {order.get("symbol") for order in orders} or {None}:
                        yield AccountHint(symbol, "order")
            except TimeoutError:
                log.info("a silent user stream is made anew", seconds=self._silence)
            except (ccxt.BaseError, OSError) as error:
                failures += 1
                log.warning("the user stream is lost", error=str(read_error(error)))
                await asyncio.sleep(RETRY_SECONDS[min(failures, len(RETRY_SECONDS)) - 1])
            finally:
                await self.close()

    async def _open(self) -> Ccxt:
        self._stream = await self._make()
        return self._stream

    async def close(self) -> None:
        stream, self._stream = self._stream, None
        if stream is not None:
            with contextlib.suppress(ccxt.BaseError, OSError):
                await stream.close()


async def watch_quotes(
    make: MakeStream, symbols: Sequence[str], now: Callable[[], datetime]
) -> AsyncIterator[Sequence[Quote]]:
    """Mark prices of `symbols` as they come. The stream carries no last trade: it repeats the mark price."""
    wanted, failures = frozenset(symbols), 0
    while True:
        stream: Ccxt | None = None
        try:
            stream = await make()
            while True:
                tickers = await asyncio.wait_for(stream.watch_mark_prices(), PRICE_SILENCE_SECONDS)
                failures = 0
                quotes = [_quote(ticker, now()) for symbol, ticker in tickers.items() if symbol in wanted]
                if quotes:
                    yield quotes
        except TimeoutError:
            log.warning("the price stream is silent, it is opened again", seconds=PRICE_SILENCE_SECONDS)
        except (ccxt.BaseError, OSError) as error:
            failures += 1
            log.warning("the price stream is lost", error=str(read_error(error)))
            await asyncio.sleep(RETRY_SECONDS[min(failures, len(RETRY_SECONDS)) - 1])
        finally:
            if stream is not None:
                with contextlib.suppress(ccxt.BaseError, OSError):
                    await stream.close()


def _quote(ticker: dict[str, object], received_at: datetime) -> Quote:
    info = ticker["info"]
    if not isinstance(info, dict):
        raise ccxt.BadResponse("a price without its own figures")
    mark = Decimal(str(info["p"]))
    return Quote(str(ticker["symbol"]), mark, mark, moment(info["E"]), received_at)
