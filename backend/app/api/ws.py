"""The live stream's WebSocket: who may open it, what may be said on it, and how it ends."""

import asyncio
import json
from http import HTTPStatus
from typing import Final

import structlog
from fastapi import APIRouter, Response, WebSocket, WebSocketDisconnect

from app.api.desk import trading_desk
from app.api.errors import REQUEST_ID_KEY, problem
from app.bootstrap.desk import TradingDesk
from app.core.errors import AppError, ForbiddenError, UnauthenticatedError
from app.core.metrics import loop_failed
from app.services.live_subscription import (
    NOT_UNDERSTOOD,
    TOO_LARGE,
    TOO_MANY_MESSAGES,
    TOO_SLOW,
    Closing,
    Subscription,
)
from app.services.stream_tickets import TicketHolder

MAX_MESSAGE_CHARACTERS: Final = 1_024
MESSAGES_PER_MINUTE: Final = 60
SEND_SECONDS: Final = 10.0
UNFORESEEN: Final = Closing(1011, "Something went wrong on our side.")
UNAUTHENTICATED: Final = 4401
REFUSED: Final = 4403

router = APIRouter(tags=["stream"])
log = structlog.get_logger(__name__)


@router.websocket("/stream")
async def stream(websocket: WebSocket) -> None:
    """Snapshot, deltas and heartbeats of the user whom the ticket was given to."""
    await _serve(websocket, as_events=False)


@router.websocket("/events")
async def events(websocket: WebSocket) -> None:
    """The same for other programs: each frame's type is the event's own name."""
    await _serve(websocket, as_events=True)


async def _serve(websocket: WebSocket, *, as_events: bool) -> None:
    desk = await trading_desk(websocket)
    try:
        holder = await _admitted(websocket, desk)
        connection = desk.live.connect(holder, as_events=as_events)
    except AppError as error:
        await _refuse(websocket, error)
        return
    with connection as screen:
        await websocket.accept()
        sending = asyncio.create_task(_send(websocket, desk, screen))
        try:
            await _receive(websocket, screen)
            await sending
        except WebSocketDisconnect:
            pass
        finally:
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)


async def _admitted(websocket: WebSocket, desk: TradingDesk) -> TicketHolder:
    """The user that the ticket names; refused from a foreign page, or without a ticket that is good."""
    origin = websocket.headers.get("origin")
    if origin is not None and origin.rstrip("/") not in desk.origins:
        raise ForbiddenError(f"The page {origin[:100]} may not open the stream.", code="origin_not_allowed")
    holder = await desk.tickets.redeem(websocket.query_params.get("ticket", "")[:200])
    if holder is None:
        raise UnauthenticatedError(
            "The stream needs a ticket that is new and unused: POST /api/v1/stream/ticket.",
            code="invalid_ticket",
        )
    await desk.require_session(holder)
    return holder


async def _refuse(websocket: WebSocket, error: AppError) -> None:
    """Answer with a problem before the socket opens; where the server cannot, open it and close it."""
    if "websocket.http.response" in websocket.scope.get("extensions", {}):
        request_id = str(websocket.scope.get(REQUEST_ID_KEY, ""))
        answer: Response = problem(request_id, error.status, error.code, error.message, error.errors)
        await websocket.send_denial_response(answer)
        return
    await websocket.accept()
    code = UNAUTHENTICATED if error.status == HTTPStatus.UNAUTHORIZED else REFUSED
    await websocket.close(code, error.message[:120])


async def _send(websocket: WebSocket, desk: TradingDesk, screen: Subscription) -> None:
    """Send frames until the stream ends, then close it with the reason."""
    try:
        async for frame in desk.live.frames(screen):
            async with asyncio.timeout(SEND_SECONDS):
                await websocket.send_text(frame.decode())
    except TimeoutError:
        screen.close(TOO_SLOW)
    except (WebSocketDisconnect, RuntimeError):
        return  # the other side is gone, which the receiving side finds too
    except Exception:  # the edge of a connection's loop
        failures = loop_failed("live stream")
        log.exception("a live stream failed", user_id=str(screen.user_id), failures=failures)
        screen.close(UNFORESEEN)
    closing = screen.closing or UNFORESEEN
    try:
        async with asyncio.timeout(SEND_SECONDS):
            await websocket.close(closing.code, closing.reason)
    except (WebSocketDisconnect, RuntimeError, TimeoutError):
        return


async def _receive(websocket: WebSocket, screen: Subscription) -> None:
    """Take in what the screen says until it, or the server, ends the stream."""
    clock = asyncio.get_running_loop().time
    minute_ends, messages = clock() + 60, 0
    while screen.closing is None:
        message = await websocket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", 1000))
        if clock() >= minute_ends:
            minute_ends, messages = clock() + 60, 0
        messages += 1
        text = message.get("text")
        if messages > MESSAGES_PER_MINUTE:
            screen.close(TOO_MANY_MESSAGES)
        elif text is None or len(text) > MAX_MESSAGE_CHARACTERS:
            screen.close(NOT_UNDERSTOOD if text is None else TOO_LARGE)
        elif _is_resnapshot(text):
            screen.ask_snapshot()
        else:
            screen.close(NOT_UNDERSTOOD)


def _is_resnapshot(text: str) -> bool:
    try:
        message = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(message, dict) and message.get("type") == "resnapshot"
