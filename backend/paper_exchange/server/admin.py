"""The operator's routes: accounts, deposits, the feed, contracts, faults. Loopback and a token.

Never the venue's dialect.
"""

from __future__ import annotations

import ipaddress
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation

import orjson
from aiohttp import web

from paper_exchange.engine.refusals import Refusal, VenueError
from paper_exchange.pacing import Pacer
from paper_exchange.server.dispatch import LARGEST_BODY
from paper_exchange.server.fault_admin import FaultAdmin
from paper_exchange.server.replies import Reply
from paper_exchange.server.text import amount_text
from paper_exchange.venue import Venue

LONGEST_NAME = 128
LONGEST_AMOUNT = 40
LARGEST_DEPOSIT = Decimal("1000000000000")
FASTEST = 1_000_000.0
MOST_STEPS = 100_000

Fields = dict[str, object]


def _text(fields: Fields, name: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_NAME:
        raise VenueError(Refusal.BAD_FIELD, name)
    return value


def _amount(fields: Fields, name: str = "amount", otherwise: Decimal | None = None) -> Decimal:
    """A positive amount; where it is not named, `otherwise` if there is one."""
    value = fields.get(name)
    if value is None and otherwise is not None:
        return otherwise
    if not isinstance(value, str) or len(value) > LONGEST_AMOUNT:
        raise VenueError(Refusal.BAD_AMOUNT, value)
    try:
        amount = Decimal(value)
    except InvalidOperation:
        raise VenueError(Refusal.BAD_AMOUNT, value) from None
    if not amount.is_finite() or not 0 < amount <= LARGEST_DEPOSIT:
        raise VenueError(Refusal.BAD_AMOUNT, value)
    return amount


def _speed(fields: Fields) -> float | None:
    value = fields.get("speed")
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= FASTEST:
        raise VenueError(Refusal.BAD_FIELD, "speed")
    return float(value)


def _steps(fields: Fields) -> int:
    value = fields.get("steps", 0)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MOST_STEPS:
        raise VenueError(Refusal.BAD_FIELD, "steps")
    return value


@dataclass(frozen=True, slots=True)
class Admin:
    """What may be done to the venue from outside its dialect."""

    venue: Venue
    pacer: Pacer
    faults: FaultAdmin
    token: str
    count_sockets: Callable[[], int]
    limits: Callable[[], Fields]

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/sim/accounts", self._guarded(self._open_account)),
            web.post("/sim/deposit", self._guarded(self._deposit)),
            web.post("/sim/withdraw", self._guarded(self._withdraw)),
            web.get("/sim/status", self._guarded(self._status)),
            web.get("/sim/limits", self._guarded(self._limits)),
            web.post("/sim/feed", self._guarded(self._feed)),
            web.post("/sim/contract", self._guarded(self._contract)),
            web.get("/sim/fault", self._guarded(self.faults.listed)),
            web.post("/sim/fault", self._guarded(self.faults.replaced)),
            web.delete("/sim/fault", self._guarded(self.faults.cleared)),
            web.post("/sim/fault/act", self._guarded(self.faults.acted)),
        ]

    def _guarded(
        self, act: Callable[[Fields], Awaitable[Fields]]
    ) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        """Check who asks, read the JSON object, render the outcome."""

        async def answer(request: web.Request) -> web.StreamResponse:
            reply = Reply()
            try:
                self._check(request)
                reply.content = await act(await _fields(request))
            except VenueError as refused:
                reply.refuse(refused)
            return reply.response()

        return answer

    def _check(self, request: web.Request) -> None:
        shown = request.headers.get("X-Sim-Token", "")
        local = ipaddress.ip_address(request.remote or "0.0.0.0").is_loopback  # noqa: S104 - unknown is not local
        if not (self.token and local and secrets.compare_digest(shown.encode(), self.token.encode())):
            raise VenueError(Refusal.ADMIN_TOKEN)

    async def _open_account(self, fields: Fields) -> Fields:
        account_id = _text(fields, "account")
        existing = self.venue.exchange.state.accounts.get(account_id)
        if existing is None:
            key, secret = secrets.token_hex(32), secrets.token_hex(32)
            existing = self.venue.exchange.open_account(account_id, key, secret, self.venue.now())
        await self.venue.settled()
        return {"api_key": existing.record.api_key, "api_secret": existing.record.api_secret}

    async def _deposit(self, fields: Fields) -> Fields:
        amount, reference = _amount(fields), _text(fields, "reference")
        account = self.venue.exchange.deposit(_text(fields, "account"), amount, reference, self.venue.now())
        await self.venue.settled()
        return {"wallet_balance": amount_text(account.record.wallet)}

    async def _withdraw(self, fields: Fields) -> Fields:
        amount, reference = _amount(fields), _text(fields, "reference")
        account = self.venue.exchange.withdraw(_text(fields, "account"), amount, reference, self.venue.now())
        await self.venue.settled()
        return {"wallet_balance": amount_text(account.record.wallet)}

    async def _status(self, _: Fields) -> Fields:
        venue = self.venue
        return {
            "feed": venue.playback.kind,
            "market_time": venue.now(),
            "speed": venue.speed,
            "paused": venue.paused,
            "finished": venue.playback.finished,
            "progress": venue.playback.progress,
            "symbols": list(venue.exchange.markets),
            "following": venue.health.followed,
            "stale": sorted(venue.health.stale),
            "silent_seconds": round(venue.health.silent_seconds, 3),
            "trouble": venue.health.trouble,
            "sockets": self.count_sockets(),
        }

    async def _limits(self, _: Fields) -> Fields:
        return self.limits()

    async def _feed(self, fields: Fields) -> Fields:
        paused, speed, steps = fields.get("paused"), _speed(fields), _steps(fields)
        if not (paused is None or isinstance(paused, bool)):
            raise VenueError(Refusal.BAD_FIELD, "paused")
        if self.venue.health.followed is not None:
            raise VenueError(Refusal.LIVE_IS_NOT_OURS)
        self.pacer.configure(paused, speed)
        if steps:
            await self.pacer.play(steps)
            await self.venue.settled()
        return await self._status(fields)

    async def _contract(self, fields: Fields) -> Fields:
        """Change what one order at market may carry, or what its price is a multiple of, as a venue does now and then;
        a restart forgets it."""
        market = self.venue.exchange.markets.get(_text(fields, "symbol"))
        if market is None:
            raise VenueError(Refusal.BAD_SYMBOL)
        if not fields.keys() & {"max_market_quantity", "tick_size"}:
            raise VenueError(Refusal.BAD_AMOUNT, None)
        contract = market.contract
        largest = _amount(fields, "max_market_quantity", contract.max_market_quantity)
        tick = _amount(fields, "tick_size", contract.order_tick)
        if largest % contract.step or largest > contract.max_quantity:
            raise VenueError(Refusal.BAD_AMOUNT, largest)
        if tick % contract.tick:
            raise VenueError(Refusal.BAD_AMOUNT, tick)
        market.contract = replace(contract, max_market_quantity=largest, coarse_tick=tick)
        return {
            "symbol": market.symbol,
            "max_market_quantity": f"{largest:f}",
            "tick_size": contract.price_text(tick),
        }


async def _fields(request: web.Request) -> Fields:
    """The JSON object of the request; empty for none."""
    try:
        body = await request.read()
    except web.HTTPRequestEntityTooLarge:
        raise VenueError(Refusal.BODY_TOO_LARGE, LARGEST_BODY) from None
    if not body:
        return {}
    try:
        fields = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise VenueError(Refusal.BAD_FIELD, "body") from None
    if not isinstance(fields, dict):
        raise VenueError(Refusal.BAD_FIELD, "body")
    return fields
