"""A reply before it is a response."""

from __future__ import annotations

from dataclasses import dataclass, field

import orjson
from aiohttp import web

from paper_exchange.engine.refusals import VenueError
from paper_exchange.server.rates import retry_after_seconds

JSON = "application/json"


@dataclass(slots=True)
class Reply:
    """What will be sent, before it is a response."""

    status: int = 200
    content: object = None
    headers: dict[str, str] = field(default_factory=dict)

    def refuse(self, refused: VenueError) -> None:
        refusal = refused.refusal
        self.status, self.content = refusal.http_status, {"code": refusal.code, "msg": refused.message}
        wait = retry_after_seconds(refused)
        if wait is not None:
            self.headers["Retry-After"] = str(wait)

    def response(self) -> web.Response:
        return web.Response(
            status=self.status, body=orjson.dumps(self.content), content_type=JSON, headers=self.headers
        )
