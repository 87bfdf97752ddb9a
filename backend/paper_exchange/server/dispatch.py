"""One request: limits, key, signature, clock, the answer, the journal, and then the reply."""

from __future__ import annotations

import logging
from time import perf_counter

from aiohttp import web

from paper_exchange.engine.accounts import Account
from paper_exchange.engine.refusals import Refusal, VenueError
from paper_exchange.server.answering import durable_answer, read_lag
from paper_exchange.server.fault_replies import FaultyReplies
from paper_exchange.server.fault_rules import RequestRule
from paper_exchange.server.faults import Faults
from paper_exchange.server.parameters import Parameters
from paper_exchange.server.replies import Reply
from paper_exchange.server.routing import Access, Route, Routes, Services
from paper_exchange.server.security import account_of_key, check_signature, check_timestamp

LARGEST_BODY = 64 * 1024

log = logging.getLogger("paper_exchange")


async def raw_text(request: web.Request) -> str:
    """Query and body exactly as sent, joined as the signature covers them."""
    query = request.raw_path.partition("?")[2]
    try:
        query.encode()
    except UnicodeEncodeError:
        raise VenueError(Refusal.ILLEGAL_PARAMETER, "query") from None
    if not request.body_exists:
        return query
    try:
        text = (await request.read()).decode()
    except web.HTTPRequestEntityTooLarge:
        raise VenueError(Refusal.BODY_TOO_LARGE, LARGEST_BODY) from None
    except UnicodeDecodeError:
        raise VenueError(Refusal.ILLEGAL_PARAMETER, "body") from None
    return f"{query}&{text}" if query and text else query or text


class Dispatcher:
    """Answers every REST path of the dialect."""

    def __init__(self, services: Services, faults: Faults, routes: Routes) -> None:
        self._services = services
        self._faults = faults
        self._replies = FaultyReplies(faults, services.rates.weight_limit)
        self._routes = routes

    async def answer(self, request: web.Request) -> web.StreamResponse:
        if self._faults.is_quiet:
            return (await self._carried_out(request, None)).response()
        fault = await self._replies.hold(request, self._account_id(request))

        async def carry_out() -> Reply:
            return await self._carried_out(request, fault.rule)

        early = await self._replies.instead(request, fault, carry_out)
        if early is not None:
            return early
        return await self._replies.afterwards(request, fault.rule, await carry_out())

    def _account_id(self, request: web.Request) -> str | None:
        """Whose key the request shows; None when nobody's."""
        account = self._services.venue.exchange.state.by_key.get(request.headers.get("X-MBX-APIKEY", ""))
        return None if account is None else account.id

    async def _carried_out(self, request: web.Request, rule: RequestRule | None) -> Reply:
        """What the venue answers, a refusal included."""
        reply, begun = Reply(), perf_counter()
        try:
            await self._fill(request, reply, rule)
        except VenueError as refused:
            reply.refuse(refused)
        except Exception:
            log.exception("%s %s failed", request.method, request.path)
            reply.refuse(VenueError(Refusal.INTERNAL))
        reply.headers["X-MBX-USED-WEIGHT-1M"] = str(self._services.rates.used(request.remote or ""))
        reply.headers["X-Response-Time"] = f"{(perf_counter() - begun) * 1_000:.3f}ms"
        return reply

    async def _fill(self, request: web.Request, reply: Reply, rule: RequestRule | None) -> None:
        raw = await raw_text(request)
        route = self._routes.get((request.method, request.path))
        if route is None:
            self._services.rates.spend(request.remote or "", 1)
            raise VenueError(Refusal.NO_SUCH_PATH, request.path, request.method)
        parameters = Parameters.parse(raw)
        self._services.rates.spend(request.remote or "", route.weigh(parameters))
        signer = self._signer(request, route, raw, parameters)
        if route.counts_as_order and signer is not None:
            in_ten, in_minute = self._services.rates.count_order(signer.id, route.orders_in_ten)
            reply.headers["X-MBX-ORDER-COUNT-10S"] = str(in_ten)
            reply.headers["X-MBX-ORDER-COUNT-1M"] = str(in_minute)
        lag = read_lag(rule, request.method)
        reply.content = await durable_answer(self._services, route, parameters, signer, lag)

    def _signer(self, request: web.Request, route: Route, raw: str, parameters: Parameters) -> Account | None:
        if route.access is Access.PUBLIC:
            return None
        account = account_of_key(self._services.venue.exchange.state, request.headers.get("X-MBX-APIKEY"))
        if route.access is Access.SIGNED:
            check_signature(account, raw)
            check_timestamp(parameters, self._services.clock.now_ms())
        return account
