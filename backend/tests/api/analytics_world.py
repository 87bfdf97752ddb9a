"""Portfolios for tests of analytics: postings, trades and snapshots as their makers write them."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import httpx
from pydantic import BaseModel

from app.schemas import analytics as schemas
from tests.api.desk_world import Person, World

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
BTC, ETH = "BTC/USDT:USDT", "ETH/USDT:USDT"
MODELS: Mapping[str, type[BaseModel]] = {
    "portfolio": schemas.Portfolio,
    "attribution": schemas.Attribution,
    "risk-metrics": schemas.RiskMetrics,
    "equity": schemas.Equity,
    "drawdowns": schemas.Drawdowns,
    "calendar": schemas.Calendar,
    "excursions": schemas.ExcursionDistribution,
    "compare": schemas.Comparison,
}
PATHS = sorted(MODELS)


async def asked(http: httpx.AsyncClient, person: Person, path: str, **query: object) -> dict[str, Any]:
    answer = await http.get(
        f"/analytics/{path}",
        params={key.rstrip("_"): str(value) for key, value in query.items()},
        headers=person.headers,
    )
    assert answer.status_code == 200, answer.text
    MODELS[path].model_validate(answer.json())
    found: dict[str, Any] = answer.json()
    return found


async def posting(
    world: World, person: Person, kind: str, amount: str, at: datetime, trade_id: UUID | None = None
) -> None:
    await world.insert(
        "ledger_events",
        user_id=person.user_id,
        wallet_id=person.wallet_id,
        trade_id=trade_id,
        kind=kind,
        amount=Decimal(amount),
        venue_reference=uuid4().hex,
        occurred_at=at,
    )


async def trade(
    world: World, person: Person, made: str, closed_at: datetime, *, hours: int = 2, **values: object
) -> UUID:
    """A closed trade with a fee of 1 at both ends and 0.5 of funding paid, posted as it would be."""
    opened = closed_at - hours * HOUR
    trade_id = await world.closed_trade(person, closed_at, opened_at=opened, **values)
    await posting(world, person, "commission", "-1", opened, trade_id)
    await posting(world, person, "funding", "-0.5", opened + HOUR, trade_id)
    await posting(world, person, "realized_pnl", made, closed_at, trade_id)
    await posting(world, person, "commission", "-1", closed_at, trade_id)
    return trade_id


async def snapshots(world: World, person: Person, equities: list[float], start: datetime) -> None:
    """One daily snapshot of the user and the wallet per value."""
    for scope in (person.user_id, person.wallet_id):
        await world.sql.executemany(
            "INSERT INTO portfolio_snapshots (scope_id, environment, resolution, at, user_id, wallet_id, source,"
            " observed_at, balance, equity, exposure, margin, unrealized, peak, drawdown)"
            " VALUES ($1, 'paper', 'day', $2, $3, $4, 'observed', $2, $5, $5, 100, 10, 0, $6, 0)",
            [
                (
                    scope,
                    start + place * DAY,
                    person.user_id,
                    None if scope == person.user_id else person.wallet_id,
                    equity,
                    max(equities[: place + 1]),
                )
                for place, equity in enumerate(equities)
            ],
        )


def figures(answer: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {one["name"]: one for one in answer["figures"]}
