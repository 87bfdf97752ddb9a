"""The operator's side of the paper exchange: accounts, deposits and withdrawals."""

import ssl
from datetime import datetime
from decimal import Decimal
from functools import cache

import httpx

from app.adapters.exchange.dialect import moment
from app.domain.venue import VenueUnavailableError, WithdrawalRefusedError

SECONDS = 5.0
MARGIN_INSUFFICIENT = -2019


@cache
def _trusted() -> ssl.SSLContext:
    """One context for all: reading the certificate authorities takes longer than a request."""
    return httpx.create_ssl_context(trust_env=False)


class PaperAdmin:
    """Satisfies `services.ports.PaperVenueAdmin`. Every call is idempotent at the venue."""

    def __init__(self, base_url: str, token: str) -> None:
        self._client = httpx.AsyncClient(
            base_url=base_url,
            headers={"X-Sim-Token": token},
            timeout=SECONDS,
            trust_env=False,
            verify=_trusted(),
        )

    async def open_account(self, account: str) -> tuple[str, str]:
        answer = await self._call("POST", "/sim/accounts", {"account": account})
        return str(answer["api_key"]), str(answer["api_secret"])

    async def deposit(self, account: str, amount: Decimal, reference: str) -> None:
        body = {"account": account, "amount": f"{amount:f}", "reference": reference}
        await self._call("POST", "/sim/deposit", body)

    async def withdraw(self, account: str, amount: Decimal, reference: str) -> None:
        body = {"account": account, "amount": f"{amount:f}", "reference": reference}
        await self._call("POST", "/sim/withdraw", body)

    async def market_time(self) -> datetime:
        return moment((await self._call("GET", "/sim/status", None))["market_time"])

    async def close(self) -> None:
        await self._client.aclose()

    async def _call(self, method: str, path: str, body: dict[str, str] | None) -> dict[str, object]:
        try:
            answer = await self._client.request(method, path, json=body)
        except httpx.HTTPError as error:
            raise VenueUnavailableError(
                f"The paper exchange does not answer: {type(error).__name__}."
            ) from None
        if answer.is_error and f'"code":{MARGIN_INSUFFICIENT}' in answer.text.replace(" ", ""):
            raise WithdrawalRefusedError("That much is not free: open positions and orders hold margin.")
        if answer.is_error:
            raise VenueUnavailableError(f"The paper exchange refused {path}: {answer.text[:200]}")
        found: dict[str, object] = answer.json()
        return found
