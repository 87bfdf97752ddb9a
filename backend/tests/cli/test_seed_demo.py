"""The demo account: three wallets under different settings, made once."""

import json
import stat
from uuid import UUID

import asyncpg
import httpx
import pytest

from app.cli.seed_demo import EMAIL, FEED_TIMEFRAMES, seed_demo
from app.cli.terminal import CommandError
from app.core.config import Environment, PaperFeed, Settings
from tests.api.desk_world import running_api
from tests.paper_venue import PaperVenue
from tests.plain_http import PLAIN


def demo_settings(settings: Settings, venue: PaperVenue, feed: PaperFeed = PaperFeed.SYNTHETIC) -> Settings:
    return settings.model_copy(update={"paper_url": venue.url, "paper_feed": feed})


async def test_the_demo_is_made_once_and_found_again(
    settings: Settings, paper_exchange: PaperVenue, owner_connection: asyncpg.Connection, redis_client: object
) -> None:
    known = demo_settings(settings, paper_exchange)
    first = await seed_demo(known)
    assert await seed_demo(known) == first
    assert first.email == EMAIL
    file = settings.var_dir / "demo.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert json.loads(file.read_text())["password"] == first.password
    async with (
        running_api(known) as url,
        httpx.AsyncClient(base_url=f"{url}/api/v1", timeout=120, verify=PLAIN) as http,
    ):
        body = {"email": first.email, "password": first.password}
        token = (await http.post("/auth/sign-in", json=body)).json()["access_token"]
        headers = {"Authorization": f"Bearer {token}"}
        wallets = (await http.get("/wallets", headers=headers)).json()["items"]
        limits = (await http.get("/risk/settings", headers=headers)).json()
    assert [wallet["name"] for wallet in wallets] == ["Conservative", "Balanced", "Aggressive"]
    for wallet in wallets:
        assert (wallet["balance"], wallet["auto_trade_enabled"]) == ("10000", True)
        assert len(wallet["subscriptions"]["symbols"]) == 5
        assert wallet["subscriptions"]["timeframes"] == [FEED_TIMEFRAMES[PaperFeed.SYNTHETIC]]
    assert [wallet["overrides"]["min_signal_confidence"] for wallet in wallets] == ["0.75", "0.65", "0.5"]
    assert wallets[0]["subscriptions"]["strategies"] == ["ema_trend"]
    assert wallets[2]["overrides"]["fixed_amount_usd"] == "1500"
    assert limits["min_signal_confidence"] == "0.5"
    await clean(owner_connection)


async def test_a_lost_file_gives_the_demo_user_a_new_password(
    settings: Settings, paper_exchange: PaperVenue, owner_connection: asyncpg.Connection
) -> None:
    known = demo_settings(settings, paper_exchange, PaperFeed.REPLAY)
    first = await seed_demo(known)
    (settings.var_dir / "demo.json").unlink()
    second = await seed_demo(known)
    assert second.password != first.password
    count = await owner_connection.fetchval("SELECT count(*) FROM users WHERE email = $1", EMAIL)
    frames = await owner_connection.fetch(
        "SELECT timeframes FROM wallets w JOIN users u ON u.id = w.user_id WHERE u.email = $1", EMAIL
    )
    assert (count, [row["timeframes"] for row in frames]) == (1, [[FEED_TIMEFRAMES[PaperFeed.REPLAY]]] * 3)
    await clean(owner_connection)


async def test_a_wallet_that_was_switched_off_stays_off(
    settings: Settings, paper_exchange: PaperVenue, owner_connection: asyncpg.Connection
) -> None:
    known = demo_settings(settings, paper_exchange)
    await seed_demo(known)
    changed: UUID = await owner_connection.fetchval(
        "UPDATE wallets SET auto_trade_enabled = false WHERE name = 'Balanced' RETURNING id"
    )
    await seed_demo(known)
    assert not await owner_connection.fetchval(
        "SELECT auto_trade_enabled FROM wallets WHERE id = $1", changed
    )
    await clean(owner_connection)


async def test_production_has_no_demo(settings: Settings) -> None:
    with pytest.raises(CommandError, match="production"):
        await seed_demo(settings.model_copy(update={"environment": Environment.PRODUCTION}))


async def test_without_the_venue_the_command_says_so(settings: Settings) -> None:
    away = settings.model_copy(
        update={"paper_url": "http://127.0.0.1:1", "var_dir": settings.var_dir / "away"}
    )
    with pytest.raises(CommandError, match="does not answer"):
        await seed_demo(away)


async def clean(sql: asyncpg.Connection) -> None:
    """Let the next test begin without a demo user."""
    await sql.execute("UPDATE users SET email = id::text || '@example.com' WHERE email = $1", EMAIL)
