"""What was decided is told to its owner's screens, beside the decisions and never in their way."""

import asyncio
import json
from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import asyncpg
import pytest_asyncio

from app.core.config import Settings, asyncpg_dsn
from app.core.lean_transactions import LeanTransactions
from app.repositories.gate_writes import ToldDecision
from app.services.trading.decision_news import DecisionNews


@pytest_asyncio.fixture
async def heard(owner_connection: asyncpg.Connection) -> AsyncIterator[asyncio.Queue[dict[str, str]]]:
    queue: asyncio.Queue[dict[str, str]] = asyncio.Queue()

    def hear(*event: object) -> None:
        queue.put_nowait(json.loads(str(event[3])))

    await owner_connection.add_listener("user_events", hear)
    yield queue
    await owner_connection.remove_listener("user_events", hear)


def event(user_id: UUID, kind: str, told_id: UUID) -> dict[str, str]:
    return {"user_id": str(user_id), "kind": kind, "id": str(told_id)}


async def test_an_approval_is_told_with_its_trade_and_a_refusal_without(
    settings: Settings, heard: asyncio.Queue[dict[str, str]]
) -> None:
    connections = LeanTransactions(asyncpg_dsn(settings.database_url), size=1)
    news = DecisionNews(connections)
    approval, refusal = ToldDecision(uuid4(), uuid4(), uuid4()), ToldDecision(uuid4(), uuid4(), None)
    news.tell([approval])
    news.tell([refusal])
    await news.close()
    told = [await heard.get() for _ in range(3)]
    assert approval.trade_id is not None
    assert told == [
        event(approval.user_id, "position", approval.trade_id),
        event(approval.user_id, "decision", approval.decision_id),
        event(refusal.user_id, "decision", refusal.decision_id),
    ]
    assert heard.empty()
    await connections.close()


async def test_what_cannot_be_told_is_let_go_and_the_next_is_told(
    settings: Settings, owner_connection: asyncpg.Connection, heard: asyncio.Queue[dict[str, str]]
) -> None:
    connections = LeanTransactions(asyncpg_dsn(settings.database_url), size=1)
    news = DecisionNews(connections)
    async with connections.connection() as connection:
        process = await connection.fetchval("SELECT pg_backend_pid()")
    await owner_connection.execute("SELECT pg_terminate_backend($1, 10000)", process)
    news.tell([ToldDecision(uuid4(), uuid4(), None)])
    await news.close()
    later = ToldDecision(uuid4(), uuid4(), None)
    news.tell([later])
    await news.close()
    told = await heard.get()
    while told["id"] != str(later.decision_id):  # the connection may have been made anew in time
        told = await heard.get()
    assert told == event(later.user_id, "decision", later.decision_id)
    await connections.close()


async def test_nothing_to_tell_is_no_work(settings: Settings) -> None:
    connections = LeanTransactions("postgresql://nobody@127.0.0.1:1/none", size=1)
    news = DecisionNews(connections)
    news.tell([])
    await news.close()
    news.tell([ToldDecision(uuid4(), uuid4(), None)])
    await news.close()  # a database that is away stops nobody who decides
    await connections.close()
