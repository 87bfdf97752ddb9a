"""Streams of a venue through ccxt.pro: nudges for one account, and prices for everybody.

A user stream can fall silent for ever (`listenKeyExpired` is swallowed), so one that says nothing for long is
made anew. What it says is only a hint; REST is the truth. An account's stream ends when it is closed.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping, Sequence
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

CONNECT_POLL_SECONDS = 0.005

Orders = Sequence[dict[str, object]]
MakeStream = Callable[[], Awaitable[Ccxt]]
Note = Callable[[Mapping[str, object], BaseException], Awaitable[None]]


class AccountStream:
    """Nudges of one account; the stream is opened when first asked for."""

    def __init__(
        self, make: MakeStream, note: Note | None = None, silence_seconds: float = SILENCE_SECONDS
    ) -> None:
        """`note` takes in what the venue says of our weight when it refuses a stream."""
        self._make = make
        self._note = note
        self._silence = silence_seconds
        self._stream: Ccxt | None = None

    async def hints(self) -> AsyncGenerator[AccountHint, None]:
        failures = 0
        watching: asyncio.Future[Orders] | None = None
        while True:
            try:
                stream = await self._open()
                watching = await _connected(stream)
                yield AccountHint(None, "connected")  # events of the gap are lost: read everything again
                while True:
                    async with asyncio.timeout(self._silence):
                        orders = await watching
                    watching = asyncio.ensure_future(stream.watch_orders())
                    failures = 0
                    for symbol in {order.get("symbol") for order in orders} or {None}:
                        yield AccountHint(None if symbol is None else str(symbol), "order")
            except TimeoutError:
                log.info("a silent user stream is made anew", seconds=self._silence)
            except (ccxt.BaseError, OSError) as error:
                failures += 1
                log.warning("the user stream is lost", error=str(read_error(error)))
                if self._note is not None and self._stream is not None:
                    await self._note(self._stream.last_response_headers or {}, error)
                await asyncio.sleep(RETRY_SECONDS[min(failures, len(RETRY_SECONDS)) - 1])
            except asyncio.CancelledError:
                # ccxt cancels what waits on a stream that is closed: that is not our caller's wish to end
                task = asyncio.current_task()
                if task is None or task.cancelling():
                    raise
                return
            finally:
                await self.close()
                if watching is not None:
                    watching.cancel()
                    await asyncio.gather(watching, return_exceptions=True)

    async def _open(self) -> Ccxt:
        self._stream = await self._make()
        return self._stream

    async def close(self) -> None:
        stream, self._stream = self._stream, None
        if stream is not None:
            with contextlib.suppress(ccxt.BaseError, OSError):
                await stream.close()


async def _connected(stream: Ccxt) -> asyncio.Future[Orders]:
    """Begin to watch orders; return once the stream is open, so that whoever reads now misses nothing after."""
    watching: asyncio.Future[Orders] = asyncio.ensure_future(stream.watch_orders())
    try:
        # ccxt tells of an open socket only by this flag
        while not watching.done() and not any(client.isConnected for client in stream.clients.values()):  # noqa: ASYNC110
            await asyncio.sleep(CONNECT_POLL_SECONDS)
    except asyncio.CancelledError:
        watching.cancel()
        raise
    return watching


async def watch_quotes(
    make: MakeStream, symbols: Sequence[str], now: Callable[[], datetime], stale_seconds: float
) -> AsyncIterator[Sequence[Quote]]:
    """Mark prices of `symbols` as they come. The stream carries no last trade: it repeats the mark price.

    What comes after a gap of more than `stale_seconds` may have waited for us to wake up again, nobody knows how
    long: it is left out, and the stream is opened again.
    """
    wanted, failures = frozenset(symbols), 0
    while True:
        stream: Ccxt | None = None
        try:
            stream, before = await make(), None
            while True:
                async with asyncio.timeout(PRICE_SILENCE_SECONDS):
                    tickers = await stream.watch_mark_prices()
                failures, received_at = 0, now()
                if before is not None and (received_at - before).total_seconds() > stale_seconds:
                    log.warning("prices may be old, their stream is opened again", seconds=stale_seconds)
                    break
                before = received_at
                quotes = [
                    _quote(ticker, received_at) for symbol, ticker in tickers.items() if symbol in wanted
                ]
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
