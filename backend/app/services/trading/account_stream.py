"""Follows what a venue tells about one account, for as long as it tells anything."""

import asyncio
from collections.abc import Callable

import structlog

from app.core.metrics import loop_failed
from app.domain.venue import VenueUnavailableError
from app.repositories.trading_accounts import TradingAccount
from app.services.trading.desk import Desk

RETRY_SECONDS = 1.0
TOLD_LATELY_SECONDS = 30.0

log = structlog.get_logger(__name__)


class AccountStream:
    """The user stream of one account; `hinted` is called with the symbol (None: all) of every nudge."""

    def __init__(self, desk: Desk, account: TradingAccount, hinted: Callable[[str | None], None]) -> None:
        self._desk = desk
        self._account = account
        self._hinted = hinted
        self._told_at: float | None = None
        self._task: asyncio.Task[None] | None = None

    def open(self) -> None:
        """Follow the stream; once connected it says that everything is to be compared."""
        self._task = asyncio.create_task(self._follow(), name=f"account {self._account.wallet_id} hints")

    @property
    def is_open(self) -> bool:
        """Whether the stream is followed."""
        return self._task is not None

    async def close(self) -> None:
        """Follow it no longer."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def suspect(self) -> None:
        """A sweep found what the stream had to tell and did not: it may be silent for ever, so it is made anew."""
        now = asyncio.get_running_loop().time()
        told = self._told_at is not None and now - self._told_at < TOLD_LATELY_SECONDS
        if self._task is None or told:
            return
        log.warning("the user stream told nothing: it is made anew", wallet_id=str(self._account.wallet_id))
        self._told_at = now
        self._task.cancel()
        self.open()

    async def _follow(self) -> None:
        while True:
            try:
                gateway = await self._desk.gateway(self._account)
                async for hint in gateway.hints():
                    self._told_at = asyncio.get_running_loop().time()
                    self._hinted(hint.symbol)
            except VenueUnavailableError as error:
                log.warning(
                    "no hints about an account", wallet_id=str(self._account.wallet_id), error=str(error)
                )
            except Exception:
                log.exception(
                    "following hints failed",
                    wallet_id=str(self._account.wallet_id),
                    failures=loop_failed("account hints"),
                )
            await asyncio.sleep(RETRY_SECONDS)
