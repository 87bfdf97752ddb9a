"""What the routes depend on: the parts of this process, and who is asking.

`CurrentUser` checks the token and its session in a transaction of its own, for services that open theirs.
`Tenant` opens the request's one transaction under the asking user, checks the session in it, and commits it
before the reply is sent: a commit that fails is never a 200.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request
from fastapi.openapi.models import HTTPBearer
from fastapi.security.base import SecurityBase

from app.api.openapi import query_names
from app.bootstrap.api import ApiParts
from app.core.clock import utc_now
from app.core.db import DbSession
from app.core.errors import FieldError, ForbiddenError, InvalidInputError, UnauthenticatedError
from app.core.lean_reads import LeanReading
from app.core.security import AccessClaims
from app.services.auth import SignedInUser
from app.services.step_up import Proving

ADMIN = "admin"
MOST_NAMED, MOST_LETTERS = 10, 50  # of what an error repeats from the request


def parts_of(request: Request) -> ApiParts:
    """The parts of this process. Dependencies call it: each dependency of a dependency is solved anew for every
    request, which costs more than most of them do."""
    parts = request.app.state.parts
    if not isinstance(parts, ApiParts):
        raise TypeError("the application was asked before it was started: it has no parts")
    return parts


async def api_parts(request: Request) -> ApiParts:
    """The parts of this process, for routes."""
    return parts_of(request)


Parts = Annotated[ApiParts, Depends(api_parts)]


async def refuse_unknown_query(request: Request) -> None:
    """A parameter that the operation does not know is refused: a misspelt filter must not answer with everything."""
    known = query_names(request.app)[request.scope["route"].name]
    unknown = sorted(set(request.query_params) - known)[:MOST_NAMED]
    if unknown:
        errors = tuple(
            FieldError(name[:MOST_LETTERS], "unknown_parameter", "There is no such query parameter here.")
            for name in unknown
        )
        allowed = ", ".join(sorted(known)) or "none"
        raise InvalidInputError(f"Query parameters of this operation: {allowed}.", errors=errors)


class AccessToken(SecurityBase):
    """Reads what the request's access token says; described as the scheme of bearer tokens."""

    def __init__(self) -> None:
        self.model = HTTPBearer(description="The access token of POST /auth/sign-in")
        self.scheme_name = HTTPBearer.__name__

    async def __call__(self, request: Request) -> AccessClaims:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise UnauthenticatedError("Sign in first: there is no access token.")
        return parts_of(request).tokens.read(token.strip(), utc_now())


Claims = Annotated[AccessClaims, Depends(AccessToken())]


async def current_user(request: Request, claims: Claims) -> SignedInUser:
    """The asking user, whose session still stands."""
    return await parts_of(request).standing_user(claims)


CurrentUser = Annotated[SignedInUser, Depends(current_user)]


@dataclass(frozen=True, slots=True)
class RequestReading:
    """The asking user, and a reading transaction that sees the user's rows only."""

    user: SignedInUser
    transaction: LeanReading


async def request_reading(request: Request, claims: Claims) -> AsyncIterator[RequestReading]:
    """The session and what is read beside it, in one short transaction."""
    async with parts_of(request).reading(claims) as (user, transaction):
        yield RequestReading(user, transaction)


Reading = Annotated[RequestReading, Depends(request_reading, scope="function")]


@dataclass(frozen=True, slots=True)
class RequestTenant:
    """The asking user and the request's transaction, which sees the user's rows only. `prove` refuses where the
    session has not shown lately who sits there."""

    user: SignedInUser
    session: DbSession
    prove: Proving

    @property
    def user_id(self) -> UUID:
        """The asking user's id."""
        return self.user.id


async def request_tenant(request: Request, claims: Claims) -> AsyncIterator[RequestTenant]:
    """One request, one transaction: committed when the route returns, rolled back when it raises."""
    parts = parts_of(request)
    async with parts.database.tenant(claims.user_id) as session:
        user = await parts.signed_in_user(session, claims)
        yield RequestTenant(user, session, parts.proving(user))


Tenant = Annotated[RequestTenant, Depends(request_tenant, scope="function")]


async def admin_user(user: CurrentUser) -> SignedInUser:
    """The asking user, who must be an administrator."""
    if user.role != ADMIN:
        raise ForbiddenError("Only an administrator may do this.", code="admin_required")
    return user


AdminUser = Annotated[SignedInUser, Depends(admin_user)]


async def proven_user(request: Request, user: CurrentUser) -> None:
    """Refuse a session that has not shown lately who sits there."""
    parts_of(request).proving(user)()


NeedsProof = Depends(proven_user)
