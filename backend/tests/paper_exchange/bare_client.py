"""A client that signs and sends and does nothing else: for load, and beside ccxt for comparison."""

from __future__ import annotations

import hashlib
import hmac
from time import time_ns
from urllib.parse import urlencode

import aiohttp

OK = 200


class RefusedError(Exception):
    """The venue's refusal: HTTP status, code and sentence."""

    def __init__(self, status: int, code: int, message: str) -> None:
        self.status = status
        self.code = code
        super().__init__(f"{status} {code}: {message}")


class BareClient:
    """One account's signed requests."""

    def __init__(self, session: aiohttp.ClientSession, base: str, keys: tuple[str, str]) -> None:
        self._session = session
        self._base = base
        self._headers = {"X-MBX-APIKEY": keys[0]}
        self._secret = keys[1].encode()

    def signed(self, fields: dict[str, str]) -> str:
        """The fields with a timestamp and the signature, ready to be sent."""
        text = urlencode(fields | {"timestamp": str(time_ns() // 1_000_000), "recvWindow": "10000"})
        return f"{text}&signature={hmac.new(self._secret, text.encode(), hashlib.sha256).hexdigest()}"

    async def call(self, method: str, path: str, **fields: str) -> dict[str, object]:
        """One request; a refusal raises `RefusedError`, a broken connection what aiohttp raises."""
        url = f"{self._base}{path}?{self.signed(fields)}"
        async with self._session.request(method, url, headers=self._headers) as answer:
            found = await answer.json()
            if answer.status != OK:
                raise RefusedError(answer.status, int(found["code"]), str(found["msg"]))
            return found if isinstance(found, dict) else {"rows": found}

    async def order(self, **fields: str) -> dict[str, object]:
        return await self.call("POST", "/fapi/v1/order", **fields)

    async def market(self, side: str, quantity: str, **more: str) -> dict[str, object]:
        return await self.order(symbol="BTCUSDT", side=side, type="MARKET", quantity=quantity, **more)
