"""The few control routes of the paper exchange that the command line needs."""

import json
import urllib.request
from dataclasses import dataclass
from datetime import UTC, datetime
from http.client import HTTPException

from app.core.config import Settings

ANSWER_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class MarketStatus:
    """`market_time` is the feed's clock; `finished` is True once a replay has played its last bar."""

    market_time: datetime
    finished: bool


class PaperControl:
    """Speaks to the paper exchange at the configured address; no answer is never an error here."""

    def __init__(self, settings: Settings) -> None:
        self._url = settings.paper_url
        self._token = settings.paper_token
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def set_paused(self, *, paused: bool) -> bool:
        """Hold the market still or let it run; False when the venue did not answer."""
        return self._call("POST", "/sim/feed", {"paused": paused}) is not None

    def status(self) -> MarketStatus | None:
        """Where the market is, None when the venue did not answer."""
        answer = self._call("GET", "/sim/status", None)
        if answer is None or not isinstance(answer.get("market_time"), int):
            return None
        at = datetime.fromtimestamp(answer["market_time"] / 1000, UTC)
        return MarketStatus(at, bool(answer.get("finished")))

    def _call(self, method: str, path: str, body: dict[str, bool] | None) -> dict[str, int] | None:
        request = urllib.request.Request(  # noqa: S310 - the configured address
            self._url + path,
            data=None if body is None else json.dumps(body).encode(),
            method=method,
            headers={"X-Sim-Token": self._token, "Content-Type": "application/json"},
        )
        try:
            with self._opener.open(request, timeout=ANSWER_SECONDS) as answer:
                content = json.loads(answer.read() or b"{}")
        except (OSError, ValueError, HTTPException):
            return None
        return content if isinstance(content, dict) else None
