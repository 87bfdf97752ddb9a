"""Behind a proxy the API knows its clients by what a trusted proxy says, and by nobody else's word."""

import pytest
from httpx import ASGITransport, AsyncClient
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from app.cli.entry import api_server
from app.core.config import Settings

CLIENT = "203.0.113.9"


def tells_address() -> ASGIApp:
    """An application that answers with the address it takes its client for."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        client = Request(scope).client
        await PlainTextResponse("" if client is None else client.host)(scope, receive, send)

    return answer


async def address_seen(settings: Settings, peer: str) -> str:
    """What the API takes the client for, of a request that came from `peer`."""
    config = api_server(settings, f"{__name__}:tells_address")
    config.load()
    transport = ASGITransport(config.loaded_app, client=(peer, 40_000))
    async with AsyncClient(transport=transport, base_url="http://api") as asked:
        return (await asked.get("/", headers={"X-Forwarded-For": CLIENT})).text


@pytest.mark.parametrize(
    ("trusted", "peer", "seen"),
    [
        (("172.20.0.0/16",), "172.20.0.7", CLIENT),
        (("172.20.0.0/16",), "172.21.0.7", "172.21.0.7"),
        (("*",), "172.21.0.7", CLIENT),
        ((), "127.0.0.1", "127.0.0.1"),
    ],
)
async def test_only_a_trusted_proxy_names_the_client(trusted: tuple[str, ...], peer: str, seen: str) -> None:
    assert await address_seen(Settings(trusted_proxies=trusted), peer) == seen


async def test_unless_told_otherwise_only_this_machine_is_trusted() -> None:
    assert await address_seen(Settings(), "127.0.0.1") == CLIENT
    assert await address_seen(Settings(), "172.20.0.7") == "172.20.0.7"


def test_proxies_are_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STACKALPHA_TRUSTED_PROXIES", "10.0.0.0/8, 172.20.0.7")

    assert Settings().trusted_proxies == ("10.0.0.0/8", "172.20.0.7")
