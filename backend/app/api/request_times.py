"""How long every request took, by its route's template: ids never become labels."""

import time
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.core.metrics import REQUEST_SECONDS

UNROUTED: Final = "none"


class RequestTimes:
    """Observes HTTP requests; everything else passes by."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status, began = 500, time.monotonic()

        async def note(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, note)
        finally:
            route = getattr(scope.get("route"), "path", UNROUTED)
            REQUEST_SECONDS.labels(scope["method"], route, str(status)).observe(time.monotonic() - began)
