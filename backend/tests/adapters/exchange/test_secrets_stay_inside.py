"""No message, traceback or log holds a key, a secret, a signature or an address."""

import asyncio
import traceback
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from app.adapters.exchange.ccxt_client import CcxtGateway
from app.domain.types import OrderSide
from app.domain.venue import VenueUnavailableError
from tests.adapters.exchange.accounts import BTC, CONDITIONAL, PLAIN, Account, approved, ticket

SHORT_MS = 300
MODES = ("503", "503exec", "timeout_exec", "reset", "reset_exec", "429")
WRONG_SECRET = "canary-of-a-secret-that-is-wrong"


class Witness:
    """Everything that was said."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.heard: list[str] = []

    async def listen(self, work: Callable[[], Awaitable[object]]) -> None:
        self.account.clock.ahead += timedelta(minutes=5)  # past any Retry-After
        try:
            self.heard.append(repr(await work()))
        except VenueUnavailableError as error:
            self.heard += [str(error), "".join(traceback.format_exception(error))]

    def leaked(self, more: Sequence[str] = ()) -> list[str]:
        """Which secret was heard."""
        keys = self.account.keys
        address = self.account.venue.url.partition("//")[2]
        secrets = {"key": keys.api_key, "secret": keys.api_secret, "wrong secret": WRONG_SECRET}
        secrets |= {"signature": "signature=", "address": address, "key header": "X-MBX-APIKEY"}
        said = "\n".join([*self.heard, *more])
        assert said
        return [name for name, text in secrets.items() if text in said]


async def ask_everything(witness: Witness, gateway: CcxtGateway) -> None:
    account = witness.account
    for mode in MODES:
        account.fault(mode, PLAIN)
        await witness.listen(lambda: gateway.place_entry(approved(), ticket("canary")))
        account.fault(mode, CONDITIONAL, "GET", count=5)
        await witness.listen(lambda: gateway.find_order(BTC, "canary", conditional=True))
        account.fault(mode, "/fapi/v3/account", "GET", count=5)
        await witness.listen(gateway.balance)


async def test_faults_and_refusals_leak_nothing(
    account: Account, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    witness = Witness(account)
    caplog.set_level("WARNING", "httpx")  # as in the product; the test's own control calls
    with caplog.at_level("INFO"), capture_logs() as logs:
        gateway = account.connect(timeout_ms=SHORT_MS)
        await ask_everything(witness, gateway)
        exit_of_nothing = ticket("canary", OrderSide.SELL)
        await witness.listen(lambda: gateway.place_exit(exit_of_nothing))
        stranger = account.connect(secret=WRONG_SECRET)
        await witness.listen(lambda: stranger.place_entry(approved(), ticket("canary")))
        await witness.listen(stranger.balance)
        await witness.listen(lambda: stranger.ledger(None))
    printed = capsys.readouterr()
    assert witness.leaked([caplog.text, printed.out, printed.err, *map(repr, logs)]) == []


async def test_venue_that_is_gone_leaks_nothing(account: Account, caplog: pytest.LogCaptureFixture) -> None:
    witness = Witness(account)
    caplog.set_level("WARNING", "httpx")  # as in the product; the test's own control calls
    with caplog.at_level("INFO"), capture_logs() as logs:
        gateway = account.connect(timeout_ms=SHORT_MS)
        account.venue.control("POST", "/sim/fault", {"rules": [{"path": "/", "mode": "reset", "count": 60}]})
        await witness.listen(lambda: gateway.place_entry(approved(), ticket("canary")))
        hints = gateway.hints()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await anext(hints)
        await hints.aclose()
        await witness.listen(gateway.balance)
    assert witness.leaked([caplog.text, *map(repr, logs)]) == []
