"""Tenants with trades, orders, logs and decisions as their makers would write them, and a running API."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import uvicorn

from app.core.clock import utc_now
from app.core.config import Settings, jwt_key
from app.core.security import AccessTokens
from tests.api.description import described_app

NOON = datetime(2025, 10, 1, 12, tzinfo=UTC)


class QuietServer(uvicorn.Server):
    """A server that leaves the test runner's signals alone."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def running_api(settings: Settings) -> AsyncIterator[str]:
    """The API on a free port; yields its address."""
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(described_app(settings), log_level="warning", ws_ping_interval=None)
    server = QuietServer(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started:
        if serving.done():
            serving.result()
        await asyncio.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        await serving
        listener.close()


@dataclass(frozen=True, slots=True)
class Person:
    """A signed-in tenant with one wallet."""

    user_id: UUID
    session_id: UUID
    wallet_id: UUID
    headers: dict[str, str]


class World:
    """Writes rows behind row-level security."""

    def __init__(self, connection: asyncpg.Connection, settings: Settings) -> None:
        self.sql = connection
        self.tokens = AccessTokens(jwt_key(settings), 600)

    async def person(self, *, zone: str = "UTC") -> Person:
        """A new tenant with a paper wallet that trades automatically."""
        user_id, session_id, wallet_id = uuid4(), uuid4(), uuid4()
        await self.sql.execute(
            "INSERT INTO users (id, email, password_hash, email_verified_at, time_zone)"
            " VALUES ($1, $2, 'x', now(), $3)",
            user_id,
            f"{user_id}@example.com",
            zone,
        )
        await self.sql.execute(
            "INSERT INTO sessions (id, user_id, expires_at, proved_at) VALUES ($1, $2, $3, now())",
            session_id,
            user_id,
            utc_now() + timedelta(days=1),
        )
        await self.sql.execute(
            "INSERT INTO wallets (id, user_id, name, venue, account_fingerprint, auto_trade_enabled)"
            " VALUES ($1, $2, 'Main', 'paper', $3, true)",
            wallet_id,
            user_id,
            wallet_id.hex,
        )
        return Person(user_id, session_id, wallet_id, self.bearer(user_id, session_id))

    def bearer(self, user_id: UUID, session_id: UUID) -> dict[str, str]:
        """The header of a signed-in request."""
        return {"Authorization": f"Bearer {self.tokens.issue(user_id, session_id, utc_now())}"}

    async def insert(self, table: str, **values: object) -> None:
        """Insert one row."""
        names = ", ".join(values)
        marks = ", ".join(f"${place}" for place in range(1, len(values) + 1))
        await self.sql.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", *values.values())  # noqa: S608

    async def signal(self, symbol: str = "BTC/USDT:USDT", bar_close: datetime | None = None) -> UUID:
        """A signal of its own bar."""
        signal_id = uuid4()
        await self.insert(
            "signals",
            id=signal_id,
            venue="paper",
            symbol=symbol,
            timeframe="1h",
            strategy="ema_trend",
            side="long",
            entry_price=40_000,
            stop_price=39_000,
            take_profit_price=43_000,
            confidence=0.8,
            reason="EMA(12) crossed above EMA(26)",
            features="{}",
            bar_close=bar_close or NOON + timedelta(microseconds=signal_id.int % 10**9),
            expires_at=NOON + timedelta(hours=1),
        )
        return signal_id

    async def trade(self, person: Person, symbol: str = "BTC/USDT:USDT", **values: object) -> UUID:
        """A protected long of 0.5 at 40,000 with its stop at 39,000, unless told otherwise."""
        trade_id = uuid4()
        row: dict[str, object] = {
            "id": trade_id,
            "user_id": person.user_id,
            "wallet_id": person.wallet_id,
            "environment": "paper",
            "venue": "paper",
            "symbol": symbol,
            "strategy": "ema_trend",
            "timeframe": "1h",
            "side": "long",
            "status": "PROTECTED",
            "planned_quantity": 0.5,
            "planned_entry_price": 40_000,
            "planned_notional": 20_000,
            "leverage": 10,
            "quantity": 0.5,
            "entry_price": 40_000,
            "initial_stop_price": 39_000,
            "stop_price": 39_000,
            "take_profit_price": 43_000,
            "trailing_enabled": True,
            "trailing_activation_fraction": 0.02,
            "trailing_fraction": 0.015,
            "risk_amount": 500,
            "signal_confidence": 0.8,
            "reason": "EMA(12) crossed above EMA(26)",
            "opened_at": NOON,
            "protected_at": NOON,
        }
        await self.insert("trades", **(row | values))
        return trade_id

    async def closed_trade(self, person: Person, closed_at: datetime, **values: object) -> UUID:
        """A trade that is over, with 100 of realised P&L, 3 of fees and -1 of funding."""
        closed: dict[str, Any] = {
            "status": "CLOSED",
            "quantity": 0,
            "exit_price": 40_200,
            "exit_reason": "take_profit",
            "realized_pnl": 100,
            "fees": 3,
            "funding": -1,
            "closed_at": closed_at,
        }
        return await self.trade(person, **(closed | values))

    async def stop_order(self, person: Person, trade_id: UUID, attempt: int, **values: object) -> None:
        """A protective stop of a trade."""
        row: dict[str, object] = {
            "client_order_id": f"xsa{trade_id.hex[:20]}s{attempt:02}",
            "user_id": person.user_id,
            "wallet_id": person.wallet_id,
            "trade_id": trade_id,
            "symbol": "BTC/USDT:USDT",
            "leg": "stop",
            "attempt": attempt,
            "status": "OPEN",
            "order_type": "stop_market",
            "side": "sell",
            "quantity": 0.5,
            "trigger_price": 39_000,
            "reduce_only": True,
            "accepted_at": NOON,
        }
        await self.insert("orders", **(row | values))

    async def execution(self, person: Person, **values: object) -> UUID:
        """A line of the execution log."""
        log_id = uuid4()
        row: dict[str, object] = {
            "id": log_id,
            "user_id": person.user_id,
            "wallet_id": person.wallet_id,
            "symbol": "BTC/USDT:USDT",
            "side": "buy",
            "action": "entry",
            "status": "filled",
            "executed_price": 40_000,
            "filled_size": 0.5,
        }
        await self.insert("execution_logs", **(row | values))
        return log_id

    async def decision(self, person: Person, created_at: datetime | None = None) -> UUID:
        """A refusal of a new signal, for two reasons."""
        decision_id = uuid4()
        breaches = [
            {
                "code": "signal_confidence",
                "message": "Confidence 0.6 is below 0.7.",
                "limit": "0.7",
                "value": "0.6",
            },
            {"code": "price_unknown", "message": "There is no price.", "limit": None, "value": None},
        ]
        await self.insert(
            "risk_decisions",
            id=decision_id,
            user_id=person.user_id,
            wallet_id=person.wallet_id,
            signal_id=await self.signal(),
            approved=False,
            breaches=json.dumps(breaches),
            market_time=NOON,
            created_at=created_at or utc_now(),
        )
        return decision_id

    async def kill_switch_run(self, person: Person, **values: object) -> UUID:
        """A run of the user's that is halted and flat."""
        run_id = uuid4()
        row: dict[str, object] = {
            "id": run_id,
            "user_id": person.user_id,
            "scope": "user",
            "scope_id": str(person.user_id),
            "reason": "Drill.",
            "requested_by": "user",
            "close_external": False,
            "halted_at": utc_now(),
            "flat_at": utc_now(),
        }
        await self.insert("kill_switch_runs", **(row | values))
        return run_id

    async def pending_change(self, person: Person, level: str, subject: str) -> None:
        """A loosening of the leverage to 50 that waits until tomorrow."""
        await self.insert(
            "risk_pending_changes",
            user_id=person.user_id,
            level=level,
            subject=subject,
            setting="max_leverage",
            value="50",
            effective_at=utc_now() + timedelta(days=1),
        )

    async def things(self, person: Person, trade_id: UUID) -> tuple[UUID, UUID, UUID, UUID]:
        """An export, a saved view, a screenshot and a report."""
        export_id, view_id, screenshot_id, report_id = uuid4(), uuid4(), uuid4(), uuid4()
        await self.insert(
            "reports",
            id=report_id,
            user_id=person.user_id,
            environment="paper",
            month=date(2025, 9, 1),
            time_zone="UTC",
            status="done",
            html=b"<p>September</p>",
            pdf=b"%PDF-",
            expires_at=utc_now() + timedelta(days=1),
        )
        await self.insert(
            "exports",
            id=export_id,
            user_id=person.user_id,
            kind="trades",
            format="csv",
            wishes="{}",
            status="done",  # one that waited would be rung for by every later sweep
            expires_at=utc_now() + timedelta(days=1),
        )
        await self.insert(
            "saved_views", id=view_id, user_id=person.user_id, page="journal", name="Mine", search="{}"
        )
        await self.insert(
            "trade_screenshots",
            id=screenshot_id,
            user_id=person.user_id,
            trade_id=trade_id,
            media_type="image/png",
            width=1,
            height=1,
            size_bytes=1,
            content=b"x",
        )
        return export_id, view_id, screenshot_id, report_id

    async def notify(self, person: Person, kind: str, changed_id: object) -> None:
        """Announce a change as its maker would."""
        payload = json.dumps({"user_id": str(person.user_id), "kind": kind, "id": str(changed_id)})
        await self.sql.execute("SELECT pg_notify('user_events', $1)", payload)


async def pages(
    http: httpx.AsyncClient, path: str, headers: dict[str, str], limit: int, **chosen: str
) -> list[dict[str, Any]]:
    """Every item of a paged list, read page by page."""
    found: list[dict[str, Any]] = []
    cursor = ""
    while True:
        query = chosen | {"limit": limit} | ({"cursor": cursor} if cursor else {})
        answer = await http.get(path, params=query, headers=headers)
        assert answer.status_code == 200, answer.text
        body = answer.json()
        assert len(body["items"]) <= limit
        found += body["items"]
        if body["next_cursor"] is None:
            return found
        cursor = body["next_cursor"]
