"""The web application: every path of the dialect, the websockets, the operator's routes, and the
running feed.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine

from aiohttp import web

from paper_exchange.clock import TransportClock
from paper_exchange.live_market import LiveMarket
from paper_exchange.pacing import Pacer
from paper_exchange.server import (
    order_socket,
    routes_account,
    routes_batches,
    routes_candles,
    routes_conditionals,
    routes_elsewhere,
    routes_orders,
    routes_positions,
    routes_public,
    routes_statistics,
)
from paper_exchange.server.admin import Admin
from paper_exchange.server.audience import StreamAudience
from paper_exchange.server.depth import BEAT_SECONDS
from paper_exchange.server.dispatch import LARGEST_BODY, Dispatcher
from paper_exchange.server.fault_admin import FaultAdmin
from paper_exchange.server.faults import Faults
from paper_exchange.server.frame_faults import UserFrames
from paper_exchange.server.listen_keys import ListenKeys
from paper_exchange.server.order_socket import OrderSocket
from paper_exchange.server.rates import RateLimits
from paper_exchange.server.routing import Routes, Services
from paper_exchange.server.streams import Hub
from paper_exchange.server.websockets import Sockets
from paper_exchange.venue import Venue

STREAM_PATHS = tuple(
    f"{part}/{form}" for part in ("", "/public", "/market", "/private") for form in ("ws", "stream")
)

ROUTES: Routes = (
    routes_public.ROUTES
    | routes_candles.ROUTES
    | routes_statistics.ROUTES
    | routes_account.ROUTES
    | routes_positions.ROUTES
    | routes_orders.ROUTES
    | routes_batches.ROUTES
    | routes_conditionals.ROUTES
    | routes_elsewhere.ROUTES
)


async def _every(seconds: float, venue: Venue, audience: StreamAudience) -> None:
    """Publish books and candles, end overdue orders and retire listen keys."""
    while True:
        await asyncio.sleep(seconds)
        venue.end_overdue()
        audience.beat()
        audience.expire_listen_keys()


def build_application(
    venue: Venue, admin_token: str, weight_limit: int, live: LiveMarket | None = None
) -> web.Application:
    """Everything wired; the feed runs while the application does: ours at its own pace, a followed one at its."""
    hub, listen_keys, clock = Hub(), ListenKeys(), TransportClock()
    faults = Faults(clock, venue.past)
    audience = StreamAudience(venue, hub, listen_keys, UserFrames(hub, faults))
    venue.attach(audience)
    pacer = Pacer(venue)
    rates = RateLimits(weight_limit)
    services = Services(venue, rates, listen_keys, audience.flush_depth, clock)
    dispatcher = Dispatcher(services, faults, ROUTES)
    sockets = Sockets(hub, audience, listen_keys, faults)
    orders = OrderSocket(services, faults, ROUTES)
    application = web.Application(client_max_size=LARGEST_BODY)
    fault_admin = FaultAdmin(
        faults, audience.expire_now, lambda account: hub.drop(account) + orders.drop(account)
    )
    admin = Admin(venue, pacer, fault_admin, admin_token, lambda: len(hub.listeners), rates.told)
    application.add_routes(admin.routes())
    for path in STREAM_PATHS:
        application.router.add_get(path, sockets.serve)
        application.router.add_get(path + "/{tail:.*}", sockets.serve)
    application.router.add_get(order_socket.PATH, orders.serve)
    application.router.add_route("*", "/{tail:.*}", dispatcher.answer)

    async def background(_: web.Application) -> AsyncIterator[None]:
        running = [
            _supervised(venue, pacer.run() if live is None else live.run()),
            _supervised(venue, _every(BEAT_SECONDS, venue, audience)),
        ]
        yield
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        await orders.close()
        for listener in list(hub.listeners):
            await listener.socket.close(code=1001, message=b"going away")

    application.cleanup_ctx.append(background)
    return application


def _supervised(venue: Venue, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
    """A task whose failure stops the venue: a market that stands still must not look alive."""
    task = asyncio.create_task(work)

    def ended(done: asyncio.Task[None]) -> None:
        if not done.cancelled() and (failure := done.exception()) is not None:
            venue.fail(failure)

    task.add_done_callback(ended)
    return task
