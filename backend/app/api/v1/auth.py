"""Sign-up, sign-in, sessions and mailed links."""

from typing import Annotated
from urllib.parse import urlsplit
from uuid import UUID

from fastapi import APIRouter, Cookie, Depends, Header, Request, Response

from app.api.deps import CurrentUser, Parts
from app.core.errors import ForbiddenError, UnauthenticatedError
from app.schemas.auth import (
    AccessTokenOut,
    EmailLink,
    MessageOut,
    NewPassword,
    PasswordResetRequest,
    SessionOut,
    SessionsOut,
    SignIn,
    SignUp,
)
from app.services.auth import ClientFacts, Tokens

router = APIRouter(prefix="/auth", tags=["identity"])

NO_MAIL = "No mail server is set up here: `.venv/bin/stackalpha link`, typed where StackAlpha runs, prints your link."
COOKIE = "sa_refresh"
COOKIE_PATH = "/api/v1/auth"
MAX_USER_AGENT = 300
RefreshCookie = Annotated[str | None, Cookie(alias=COOKIE, max_length=200)]


def client_facts(request: Request) -> ClientFacts:
    """Where the request came from."""
    agent = request.headers.get("user-agent", "")[:MAX_USER_AGENT]
    printable = "".join(character for character in agent if character.isprintable())
    return ClientFacts("unknown" if request.client is None else request.client.host, printable or None)


def same_origin(
    request: Request, parts: Parts, origin: Annotated[str | None, Header(include_in_schema=False)] = None
) -> None:
    """Refuse a browser that follows another site's page: routes that act by the cookie alone ask for this."""
    if origin is None:
        return
    own = {parts.settings.browser_url, *parts.settings.allowed_origins}
    if origin not in own and urlsplit(origin).netloc != request.headers.get("host"):
        raise ForbiddenError("This request came from another site.", code="foreign_origin")


Client = Annotated[ClientFacts, Depends(client_facts)]
SameOrigin = Depends(same_origin)


def _link_sent(parts: Parts, message: str) -> MessageOut:
    """What happens with a link that was asked for: without a mail server somebody has to hand it over."""
    return MessageOut(message=message if parts.settings.smtp_host else NO_MAIL)


@router.post("/sign-up", status_code=202, dependencies=[SameOrigin])
async def sign_up(body: SignUp, parts: Parts, client: Client) -> MessageOut:
    """Make an account. The answer is the same whether the address has one already."""
    await parts.registration.sign_up(body.email, body.password, body.time_zone, client.address)
    return _link_sent(parts, "Confirm your address: a link is on its way to it.")


@router.post("/verify-email", status_code=204)
async def verify_email(body: EmailLink, parts: Parts, client: Client) -> None:
    """Confirm an address by the link that was sent to it."""
    await parts.registration.verify_email(body.token, client.address)


@router.post("/password-reset", status_code=202)
async def request_password_reset(body: PasswordResetRequest, parts: Parts, client: Client) -> MessageOut:
    """Ask for a link to a new password. The answer is the same for every address."""
    await parts.registration.request_password_reset(body.email, client.address)
    return _link_sent(parts, "If the address has an account, a link is on its way to it.")


@router.post("/password-reset/confirm", status_code=204)
async def reset_password(body: NewPassword, parts: Parts, client: Client) -> None:
    """Set a new password by a mailed link; every session ends."""
    await parts.registration.reset_password(body.token, body.password, client.address)


@router.post("/sign-in", dependencies=[SameOrigin])
async def sign_in(body: SignIn, parts: Parts, client: Client, response: Response) -> AccessTokenOut:
    """Begin a session: the access token in the answer, the refresh token in a cookie. Where two-factor sign-in
    is on, the right password without a code is answered by 401 `two_factor_required`."""
    tokens = await parts.authentication.sign_in(body.email, body.password, client, body.code)
    return _answer(tokens, response, parts)


@router.post("/refresh", dependencies=[SameOrigin])
async def refresh_session(
    parts: Parts, client: Client, response: Response, cookie: RefreshCookie = None
) -> AccessTokenOut:
    """A new access token for the session that the cookie belongs to."""
    if not cookie:
        raise UnauthenticatedError("There is no session: sign in.", code="session_over")
    return _answer(await parts.authentication.refresh(cookie, client), response, parts)


@router.post("/sign-out", status_code=204, dependencies=[SameOrigin])
async def sign_out(parts: Parts, response: Response, cookie: RefreshCookie = None) -> None:
    """End the session that the cookie belongs to; without one there is nothing to end."""
    if cookie:
        await parts.authentication.sign_out(cookie)
    response.delete_cookie(COOKIE, path=COOKIE_PATH, httponly=True, samesite="strict")


@router.get("/sessions")
async def list_sessions(parts: Parts, user: CurrentUser) -> SessionsOut:
    """The user's standing sessions, the one used last first."""
    sessions = await parts.authentication.list_sessions(user)
    return SessionsOut(
        items=[
            SessionOut(
                id=one.id,
                created_at=one.created_at,
                last_used_at=one.last_used_at,
                user_agent=one.user_agent,
                current=one.current,
            )
            for one in sessions
        ]
    )


@router.delete("/sessions/{session_id}", status_code=204)
async def revoke_session(session_id: UUID, parts: Parts, user: CurrentUser) -> None:
    """End a session at once, its access tokens included."""
    await parts.authentication.revoke_session(user, session_id)


def _answer(tokens: Tokens, response: Response, parts: Parts) -> AccessTokenOut:
    if tokens.refresh_token is not None:
        response.set_cookie(
            COOKIE,
            tokens.refresh_token,
            max_age=parts.settings.refresh_token_days * 86_400,
            path=COOKIE_PATH,
            secure=parts.settings.browser_url.startswith("https://"),
            httponly=True,
            samesite="strict",
        )
    return AccessTokenOut(access_token=tokens.access_token, expires_in=tokens.expires_in)
