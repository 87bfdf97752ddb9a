"""The few control routes of the paper exchange that the command line needs."""

import json
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.client import HTTPException

from app.core.config import Settings

ANSWER_SECONDS = 1.0
STEPPING_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class MarketStatus:
    """`market_time` is the feed's clock; `finished` is True once a replay has played its last bar."""

    market_time: datetime
    finished: bool


@dataclass(frozen=True, slots=True)
class AccountKeys:
    """An account's login at the paper exchange."""

    api_key: str
    api_secret: str = field(repr=False)


class PaperControl:
    """Speaks to the paper exchange at the configured address; no answer is never an error here."""

    def __init__(self, settings: Settings) -> None:
        self._url = settings.paper_url
        self._token = settings.paper_token
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def set_paused(self, *, paused: bool) -> bool:
        """Hold the market still or let it run; False when the venue did not answer."""
        return self._call("POST", "/sim/feed", {"paused": paused}) is not None

    def feed(self, wishes: Mapping[str, bool | float]) -> dict[str, object] | None:
        """Tell the market to pause, run, change speed or play steps; its status, None when not answered or refused."""
        if not wishes:
            return self._call("GET", "/sim/status", None)
        return self._call("POST", "/sim/feed", wishes, STEPPING_SECONDS)

    def status(self) -> MarketStatus | None:
        """Where the market is, None when the venue did not answer."""
        answer = self._call("GET", "/sim/status", None)
        market_ms = None if answer is None else answer.get("market_time")
        if answer is None or not isinstance(market_ms, int):
            return None
        at = datetime.fromtimestamp(market_ms / 1000, UTC)
        return MarketStatus(at, bool(answer.get("finished")))

    def open_account(self, account: str) -> AccountKeys | None:
        """The account's keys, opened if it is new; None when the venue did not answer or refused."""
        answer = self._call("POST", "/sim/accounts", {"account": account})
        if answer is None:
            return None
        return AccountKeys(str(answer["api_key"]), str(answer["api_secret"]))

    def deposit(self, account: str, amount: str, reference: str) -> str | None:
        """Pay in USDT, once per reference; the balance afterwards, None when the venue refused."""
        body = {"account": account, "amount": amount, "reference": reference}
        answer = self._call("POST", "/sim/deposit", body)
        return None if answer is None else str(answer["wallet_balance"])

    def _call(
        self,
        method: str,
        path: str,
        body: Mapping[str, bool | str | float] | None,
        seconds: float = ANSWER_SECONDS,
    ) -> dict[str, object] | None:
        request = urllib.request.Request(  # noqa: S310 - the configured address
            self._url + path,
            data=None if body is None else json.dumps(body).encode(),
            method=method,
            headers={"X-Sim-Token": self._token, "Content-Type": "application/json"},
        )
        try:
            with self._opener.open(request, timeout=seconds) as answer:
                content = json.loads(answer.read() or b"{}")
        except (OSError, ValueError, HTTPException):
            return None
        return content if isinstance(content, dict) else None
