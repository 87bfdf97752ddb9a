"""The API process: routes, problems, headers and the web app's files around the parts of `bootstrap`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import Depends, FastAPI

from app.api import errors, openapi, ws
from app.api.deps import refuse_unknown_query
from app.api.middleware import BodyCap, PackedAnswers, RequestId, UnforeseenErrors, WebApp
from app.api.request_times import RequestTimes
from app.api.routing import include_by_noun
from app.api.v1 import routers
from app.bootstrap.api import open_api
from app.core.config import Settings, get_settings
from app.core.garbage_collection import settle_garbage_collection

PREFIX = "/api/v1"


def create_app(settings: Settings | None = None) -> FastAPI:
    """The ASGI application; nothing is connected before it starts."""
    held = settings or get_settings()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_api(held) as parts, parts.desk.running():
            app.state.parts, app.state.desk = parts, parts.desk
            yield

    app = FastAPI(
        title=openapi.TITLE,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=f"{PREFIX}/openapi.json",
        generate_unique_id_function=openapi.operation_id,
        redirect_slashes=False,
        telemetry={"tracing": False, "metrics": False, "logs": False},  # RequestTimes counts
    )
    app.state.query_names = None
    include_by_noun(app, routers(), PREFIX, [Depends(refuse_unknown_query)])
    app.include_router(ws.router, prefix=PREFIX)
    app.openapi = lambda: openapi.describe(app)  # type: ignore[method-assign]  # FastAPI's own way to extend it
    errors.install(app)
    app.add_middleware(BodyCap)
    app.add_middleware(PackedAnswers)
    app.add_middleware(WebApp, folder=held.frontend_dir)
    app.add_middleware(UnforeseenErrors)
    app.add_middleware(RequestTimes)
    app.add_middleware(RequestId, secure=held.browser_url.startswith("https://"))
    return app


def create_served_app() -> FastAPI:
    """The same for a process of its own, with what the first requests would wait for."""
    app = create_app()
    openapi.query_names(app)
    settle_garbage_collection()
    return app
