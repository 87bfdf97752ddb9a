"""What surrounds every request: its id, the security headers, the body's cap, and the web app's files."""

import gzip
import re
from collections.abc import Awaitable, Callable, Sequence
from http import HTTPStatus
from mimetypes import guess_type
from pathlib import Path
from typing import Final
from uuid import uuid4

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException as StarletteHttpError
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.errors import REQUEST_ID_KEY, problem
from app.core.metrics import loop_failed
from app.core.report_style import REPORT_STYLE_SOURCE

MAX_BODY_BYTES: Final = 65_536
MAX_PICTURE_BYTES: Final = 5_242_880
PICTURE_PATH: Final = re.compile(r"/api/v1/journal/trades/[0-9a-fA-F-]{36}/screenshots")
API_PREFIX: Final = "/api/"
PACKED: Final = (("br", ".br"), ("gzip", ".gz"))  # the smaller one first
ID_HEADER: Final = b"x-request-id"
LEAST_PACKED_BYTES: Final = 1400  # one packet
PACKING_LEVEL: Final = 4  # a third less time than the usual six takes, a twentieth larger
REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._-]{8,64}")
CONTENT_SECURITY_POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        f"style-src 'self' {REPORT_STYLE_SOURCE}",  # the preview of a report, a frame without scripts
        "img-src 'self' data: blob:",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "worker-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
SECURITY_HEADERS: Final = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}

log = structlog.get_logger(__name__)


class RequestId:
    """Gives each request an id, or keeps a well-formed one that a proxy gave, and sets the common headers."""

    def __init__(self, app: ASGIApp, *, secure: bool) -> None:
        self._app = app
        headers = dict(SECURITY_HEADERS)
        if secure:
            headers["Strict-Transport-Security"] = "max-age=31536000"
        self._headers = Headers(headers).raw
        self._headers_of_api = Headers(headers | {"Cache-Control": "no-store"}).raw

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get("x-request-id", "")
        request_id = given if REQUEST_ID.fullmatch(given) else uuid4().hex
        scope[REQUEST_ID_KEY] = request_id
        common = self._headers_of_api if scope["path"].startswith(API_PREFIX) else self._headers
        own = (ID_HEADER, request_id.encode())

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = [pair for pair in message.get("headers", ()) if pair[0] != ID_HEADER]
                names = {name for name, _ in given}
                message["headers"] = [*given, own, *(pair for pair in common if pair[0] not in names)]
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            await self._app(scope, receive, send_with_headers)


class UnforeseenErrors:
    """Answers what nobody foresaw as a problem like any other, and logs it with the request's id."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        has_started = False

        async def send_noting_the_start(message: Message) -> None:
            nonlocal has_started
            has_started = has_started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, send_noting_the_start)
        except Exception:  # the outer edge of a request
            failures = loop_failed("request")
            log.exception("request failed", method=scope["method"], path=scope["path"], failures=failures)
            if has_started:
                raise
            answer = problem(
                scope[REQUEST_ID_KEY],
                HTTPStatus.INTERNAL_SERVER_ERROR,
                "internal_error",
                "Something went wrong on our side. Quote the request id when you report it.",
            )
            await answer(scope, receive, send)


class BodyCap:
    """Refuses bodies above the cap before anything reads them, announced in advance or not."""

    def __init__(self, app: ASGIApp, *, max_bytes: int = MAX_BODY_BYTES) -> None:
        self._app = app
        self._max_bytes = max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD", "OPTIONS"):
            await self._app(scope, receive, send)
            return
        most = MAX_PICTURE_BYTES if PICTURE_PATH.fullmatch(scope["path"]) else self._max_bytes
        announced = Headers(scope=scope).get("content-length", "0")
        messages: list[Message] | None = None
        if announced.isdecimal() and int(announced[:20]) <= most:
            messages = await _read(receive, most)
        if messages is None:
            refusal = problem(
                scope[REQUEST_ID_KEY],
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                "body_too_large",
                f"The body is larger than {most:,} bytes.",
            )
            await refusal(scope, receive, send)
            return
        await self._app(scope, _replay(messages, receive), send)


async def _read(receive: Receive, max_bytes: int) -> list[Message] | None:
    """The messages of a whole body; None where it is too large."""
    messages: list[Message] = []
    size = 0
    while True:
        message = await receive()
        messages.append(message)
        size += len(message.get("body", b""))
        if size > max_bytes:
            return None
        if message["type"] != "http.request" or not message.get("more_body", False):
            return messages


def _replay(messages: Sequence[Message], receive: Receive) -> Callable[[], Awaitable[Message]]:
    held = iter(messages)

    async def replayed() -> Message:
        for message in held:
            return message
        return await receive()

    return replayed


class WebApp:
    """Serves the built web app beside the API; a path that is no file is one of its pages. The build lays a packed
    copy beside every text; who takes it gets that one."""

    def __init__(self, app: ASGIApp, *, folder: Path) -> None:
        self._app = app
        self._files = StaticFiles(directory=folder, check_dir=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope.get("path", "")
        if scope["type"] != "http" or path.startswith(API_PREFIX) or scope["method"] not in ("GET", "HEAD"):
            await self._app(scope, receive, send)
            return
        response = await self._file(path, scope)
        if response is None:
            await self._app(scope, receive, send)
            return
        await response(scope, receive, send)

    async def _file(self, path: str, scope: Scope) -> Response | None:
        wanted = path.strip("/") or "index.html"
        for name in (wanted, *(() if "." in wanted.rpartition("/")[2] else ("index.html",))):
            response = await self._packed(name, scope) or await self._plain(name, scope)
            if response is None:
                continue
            is_immutable = name.startswith("assets/")
            response.headers["Cache-Control"] = (
                "public, max-age=31536000, immutable" if is_immutable else "no-cache"
            )
            response.headers["Vary"] = "Accept-Encoding"
            return response
        return None

    async def _plain(self, name: str, scope: Scope) -> Response | None:
        try:
            return await self._files.get_response(name, scope)
        except (StarletteHttpError, OSError, ValueError):
            return None

    async def _packed(self, name: str, scope: Scope) -> Response | None:
        """The packed copy that this browser takes, under the name and type of what it holds."""
        headers = Headers(scope=scope)
        taken = _accepted(headers.get("accept-encoding", ""))
        kind = guess_type(name)[0]
        if kind is None or "range" in headers:  # a range is one of the plain file
            return None
        for encoding, ending in PACKED:
            if encoding in taken and (response := await self._plain(f"{name}{ending}", scope)) is not None:
                response.headers["Content-Encoding"] = encoding
                response.headers["Content-Type"] = (
                    f"{kind}; charset=utf-8" if kind.startswith("text/") else kind
                )
                return response
        return None


class PackedAnswers:
    """Packs the JSON of the API for who takes it: a phone's network is slower than a compressor. What is streamed, and
    what fits into one packet anyway, goes as it is."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_api = scope["type"] == "http" and scope["path"].startswith(API_PREFIX)
        if not is_api or "gzip" not in _accepted(Headers(scope=scope).get("accept-encoding", "")):
            await self._app(scope, receive, send)
            return
        start: Message | None = None

        async def send_packed(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start" and _is_plain_json(message):
                start = message
                return
            if start is not None:
                body: bytes = message.get("body", b"")
                if not message.get("more_body", False) and len(body) >= LEAST_PACKED_BYTES:
                    body = gzip.compress(body, PACKING_LEVEL, mtime=0)
                    message = {**message, "body": body}
                    headers = MutableHeaders(scope=start)
                    headers["Content-Encoding"] = "gzip"
                    headers["Content-Length"] = str(len(body))
                    headers.add_vary_header("Accept-Encoding")
                await send(start)
                start = None
            await send(message)

        await self._app(scope, receive, send_packed)


def _is_plain_json(start: Message) -> bool:
    headers = Headers(raw=start["headers"])
    return headers.get("content-type") == "application/json" and "content-encoding" not in headers


def _accepted(header: str) -> frozenset[str]:
    """The encodings that an Accept-Encoding names and does not weigh with nothing (RFC 9110, 12.4.2)."""
    named = [word.replace(" ", "").partition(";q=") for word in header.lower().split(",")]
    return frozenset(name for name, _, weight in named if weight.strip("0.") != "" or weight == "")
