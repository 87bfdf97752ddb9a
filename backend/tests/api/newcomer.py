"""Somebody who signs up, and the browser they do it with."""

from uuid import uuid4

import asyncpg
import httpx

from app.bootstrap.api import email_links
from app.core.config import Settings
from app.services.mail import LinkPurpose

PASSWORD = "orbital marmalade 42"
COOKIE = "sa_refresh"


class Newcomer:
    """Somebody with an address and a browser."""

    def __init__(self, http: httpx.AsyncClient, settings: Settings, sql: asyncpg.Connection) -> None:
        self.email = f"{uuid4().hex[:12]}@example.com"
        self.http = http
        self._settings = settings
        self.sql = sql

    async def sign_up(self, **changes: object) -> httpx.Response:
        body: dict[str, object] = {
            "email": self.email,
            "password": PASSWORD,
            "time_zone": "Europe/Berlin",
            "accept_risk_disclosure": True,
        }
        return await self.http.post("/auth/sign-up", json=body | changes)

    async def link(self, purpose: LinkPurpose) -> str:
        """The token of the newest link to this address."""
        row = await self.sql.fetchrow(
            "SELECT t.id FROM email_tokens t JOIN users u ON u.id = t.user_id"
            " WHERE u.email = $1 AND t.purpose = $2 ORDER BY t.created_at DESC LIMIT 1",
            self.email,
            purpose.value,
        )
        assert row is not None
        return email_links(self._settings).token(purpose, row["id"])

    async def confirm(self) -> httpx.Response:
        return await self.http.post(
            "/auth/verify-email", json={"token": await self.link(LinkPurpose.VERIFY_EMAIL)}
        )

    async def sign_in(self, password: str = PASSWORD, email: str | None = None) -> httpx.Response:
        return await self.http.post(
            "/auth/sign-in", json={"email": email or self.email, "password": password}
        )

    async def arrive(self) -> dict[str, str]:
        """Sign up, confirm, sign in; the headers of a signed-in request."""
        await self.sign_up()
        await self.confirm()
        return bearer(await self.sign_in())


def bearer(answer: httpx.Response) -> dict[str, str]:
    assert answer.status_code == 200, answer.text
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}
