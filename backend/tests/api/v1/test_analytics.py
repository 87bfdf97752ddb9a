"""Analytics over real rows: exact sums, paper and live apart, ranges in words, answers that change with the facts."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from pydantic import BaseModel

from app.schemas import analytics as schemas
from tests.api.desk_world import NOON, Person, World

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
BTC, ETH = "BTC/USDT:USDT", "ETH/USDT:USDT"
MODELS: Mapping[str, type[BaseModel]] = {
    "portfolio": schemas.Portfolio,
    "attribution": schemas.Attribution,
    "risk-metrics": schemas.RiskMetrics,
    "equity": schemas.Equity,
    "drawdowns": schemas.Drawdowns,
    "calendar": schemas.Calendar,
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


@pytest.mark.parametrize("path", PATHS)
async def test_who_has_done_nothing_is_told_so(http: httpx.AsyncClient, alice: Person, path: str) -> None:
    answer = await asked(http, alice, path)
    assert answer["asked"]["note"] is not None or path == "risk-metrics"
    for one in answer.get("figures", []):
        assert one["value"] is None or one["unit"] == "count", one
        assert one["is_few"]


@pytest.mark.parametrize("path", PATHS)
async def test_a_stranger_and_another_tenant_learn_nothing(
    http: httpx.AsyncClient, world: World, alice: Person, bob: Person, path: str
) -> None:
    await trade(world, bob, "100", NOON, symbol=ETH)
    assert (await http.get(f"/analytics/{path}")).status_code == 401
    refused = await http.get(
        f"/analytics/{path}", params={"wallet_id": str(bob.wallet_id)}, headers=alice.headers
    )
    assert refused.status_code == 404
    assert ETH not in str(await asked(http, alice, path))


async def test_the_portfolio_is_what_returns_and_trades_say(
    http: httpx.AsyncClient, world: World, alice: Person
) -> None:
    await posting(world, alice, "deposit", "1000", NOON - 3 * DAY)
    await posting(world, alice, "deposit", "500", NOON + HOUR)
    await snapshots(world, alice, [1_000, 1_100, 1_540, 1_386], NOON - DAY)
    for made in ("60", "-30", "90"):
        await trade(world, alice, made, NOON, risk_amount=30)
    answer = await asked(http, alice, "portfolio")
    found = figures(answer)
    assert answer["asked"] | {"note": None} == {
        "environment": "paper",
        "wallet_id": None,
        "strategy": None,
        "tag": None,
        "begin": None,
        "end": None,
        "basis": "equity",
        "interval": "day",
        "note": None,
    }
    # 10 % up, then 500 came in and 60 was lost (5.4545 %), then a tenth was lost
    assert found["total_return"]["value"] == pytest.approx((1.1 * (1_040 / 1_100) * 0.9 - 1) * 100)
    assert (found["total_return"]["n"], found["total_return"]["is_few"]) == (3, True)
    assert (answer["first_equity"], answer["last_equity"], answer["flows"], answer["profit"]) == (
        "1000",
        "1386",
        "500",
        "-114",
    )
    assert (answer["trades"], answer["won"], answer["lost"], answer["net_pnl"]) == (3, 2, 1, "112.5")
    assert found["win_rate"]["value"] == pytest.approx(200 / 3)
    assert found["profit_factor"]["value"] == pytest.approx((57.5 + 87.5) / 32.5)
    assert found["expectancy_r"]["value"] == pytest.approx(112.5 / 3 / 30)
    assert found["median_holding_seconds"]["value"] == 7_200
    assert found["mean_exposure"]["value"] == pytest.approx(
        100 * (0.1 + 100 / 1_100 + 100 / 1_540 + 100 / 1_386) / 4
    )


async def test_figures_of_thirty_carry_an_interval_and_no_warning(
    http: httpx.AsyncClient, world: World, alice: Person
) -> None:
    for place in range(30):
        await trade(world, alice, "40" if place % 3 else "-35", NOON + place * HOUR, risk_amount=20)
    await snapshots(world, alice, [1_000 + 7 * place * (-1) ** place for place in range(31)], NOON)
    found = figures(await asked(http, alice, "portfolio"))
    for name in ("win_rate", "profit_factor", "expectancy", "sharpe_ratio", "max_drawdown"):
        one = found[name]
        assert (one["n"], one["is_few"], one["level"]) == (30, False, 0.95), name
        assert one["low"] <= one["value"] <= one["high"], name


@pytest.mark.parametrize(
    "by", ["symbol", "side", "strategy", "timeframe", "hour", "tag", "exit_rule", "model", "wallet"]
)
async def test_every_cut_sums_to_the_ledger(
    http: httpx.AsyncClient, world: World, alice: Person, by: str
) -> None:
    await posting(world, alice, "deposit", "1000", NOON - DAY)
    first = await trade(world, alice, "33.33333333", NOON)
    await trade(
        world, alice, "-7.77777777", NOON + HOUR, symbol=ETH, side="short", strategy="donchian_breakout"
    )
    still_open = await world.trade(alice, symbol="SOL/USDT:USDT", opened_at=NOON)
    await posting(world, alice, "commission", "-0.00000001", NOON, still_open)
    await posting(world, alice, "funding", "-1.5", NOON)  # of a position that is not ours
    await world.insert("trade_tags", user_id=alice.user_id, trade_id=first, tag="news")
    ledger = await world.sql.fetchval(
        "SELECT sum(amount) FROM ledger_events WHERE user_id = $1 AND kind <> 'deposit'", alice.user_id
    )
    answer = await asked(http, alice, "attribution", by=by)
    assert Decimal(answer["total"]["net"]) == ledger
    assert sum(Decimal(share["causes"]["net"]) for share in answer["shares"]) == ledger
    for share in [answer["total"], *(share["causes"] for share in answer["shares"])]:
        causes = ("signal", "sizing", "slippage", "fees", "funding")
        assert sum(Decimal(share[cause]) for cause in causes) == Decimal(share["net"])
    assert sum(share["trades"] for share in answer["shares"]) == answer["trades"] == 3
    assert len(answer["shares"]) >= 2 or by in ("timeframe", "model", "wallet", "hour")


async def test_what_fills_cost_beside_the_decision_is_slippage(
    http: httpx.AsyncClient, world: World, alice: Person
) -> None:
    trade_id = await trade(world, alice, "50", NOON)
    entry = {"leg": "entry", "side": "buy", "order_type": "market", "status": "FILLED", "reduce_only": False}
    await world.stop_order(
        alice, trade_id, 1, requested_price=40_000, average_price=40_010, filled_quantity=0.5, **entry
    )
    await world.stop_order(
        alice, trade_id, 2, status="FILLED", requested_price=40_200, average_price=40_196, filled_quantity=0.5
    )
    total = (await asked(http, alice, "attribution"))["total"]
    assert (total["slippage"], total["fees"], total["funding"]) == ("-7", "-2", "-0.5")
    assert (total["signal"], total["sizing"], total["net"]) == ("57", "0", "47.5")


async def test_a_range_holds_what_was_posted_in_it_even_of_trades_that_reach_over_its_ends(
    http: httpx.AsyncClient, world: World, alice: Person
) -> None:
    await trade(world, alice, "100", NOON, hours=10)
    parts = []
    edges = [NOON - 20 * HOUR, NOON - 10 * HOUR, NOON - 9 * HOUR, NOON, NOON + HOUR]
    for begin, end in pairwise(edges):
        query = {"from": begin.isoformat(), "to": end.isoformat()}
        answer = await http.get("/analytics/attribution", params=query, headers=alice.headers)
        parts.append(answer.json()["total"]["net"])
    assert parts == ["0", "-1", "-0.5", "99"]


async def test_paper_and_live_are_never_summed(http: httpx.AsyncClient, world: World, alice: Person) -> None:
    await trade(world, alice, "100", NOON)
    await world.sql.execute("UPDATE wallets SET environment = 'live' WHERE id = $1", alice.wallet_id)
    await world.sql.execute("UPDATE trades SET environment = 'live' WHERE wallet_id = $1", alice.wallet_id)
    assert (await asked(http, alice, "attribution"))["total"]["net"] == "0"
    assert (await asked(http, alice, "attribution", environment="live"))["total"]["net"] == "97.5"
    refused = await http.get(
        "/analytics/portfolio", params={"wallet_id": str(alice.wallet_id)}, headers=alice.headers
    )
    assert refused.status_code == 422
    assert refused.json()["code"] == "wrong_environment"
    assert "ask with environment=live" in refused.json()["detail"]


async def test_an_answer_changes_with_the_ledger(
    http: httpx.AsyncClient, world: World, alice: Person
) -> None:
    trade_id = await trade(world, alice, "100", NOON)
    assert (await asked(http, alice, "portfolio"))["net_pnl"] == "97.5"
    assert (await asked(http, alice, "portfolio"))["net_pnl"] == "97.5"
    await posting(world, alice, "funding", "-2.5", NOON, trade_id)  # the venue told it late
    assert (await asked(http, alice, "portfolio"))["net_pnl"] == "95"
    await trade(world, alice, "10", NOON + HOUR)
    assert (await asked(http, alice, "portfolio"))["net_pnl"] == "102.5"


async def test_settled_postings_and_late_ones_add_up(
    http: httpx.AsyncClient, world: World, alice: Person
) -> None:
    """More closed trades than wait at once, all of an hour ago; then late funding of one of them."""
    for place in range(520):
        await trade(world, alice, "3", NOON + place * HOUR)
    await world.sql.execute(
        "UPDATE ledger_events SET created_at = now() - interval '1 hour' WHERE user_id = $1", alice.user_id
    )
    assert (await asked(http, alice, "portfolio"))["net_pnl"] == "260"
    one = await world.sql.fetchval(
        "SELECT id FROM trades WHERE user_id = $1 ORDER BY closed_at LIMIT 1", alice.user_id
    )
    await posting(world, alice, "funding", "-60", NOON, one)
    assert (await asked(http, alice, "portfolio"))["net_pnl"] == "200"
    await world.sql.execute(
        "UPDATE ledger_events SET created_at = now() - interval '1 hour' WHERE user_id = $1", alice.user_id
    )
    await trade(world, alice, "2.5", NOON)
    assert (await asked(http, alice, "portfolio"))["net_pnl"] == "200"
    await world.insert("trade_tags", user_id=alice.user_id, trade_id=one, tag="late")
    assert (await asked(http, alice, "portfolio", tag="late"))["net_pnl"] == "-59.5"


async def test_strategy_and_tag_choose_trades(http: httpx.AsyncClient, world: World, alice: Person) -> None:
    await posting(world, alice, "deposit", "1000", NOON - DAY)
    tagged = await trade(world, alice, "100", NOON)
    await trade(world, alice, "-50", NOON + DAY, strategy="donchian_breakout")
    for tag in ("news", "breakout"):
        await world.insert("trade_tags", user_id=alice.user_id, trade_id=tagged, tag=tag)
    by_tag = await asked(http, alice, "portfolio", tag="news")
    assert (by_tag["trades"], by_tag["net_pnl"], by_tag["asked"]["basis"]) == (1, "97.5", "closed_trades")
    line = await asked(http, alice, "equity", strategy="donchian_breakout")
    assert line["equity"] == [1000, 947.5]
    assert line["drawdown_percent"] == [0, 5.25]
    shares = (await asked(http, alice, "attribution", by="tag"))["shares"]
    assert {share["key"] for share in shares} == {"breakout, news", "untagged"}
    assert (await asked(http, alice, "portfolio", strategy="nobody's"))["trades"] == 0


async def test_equity_is_thinned_and_says_from_how_many(
    http: httpx.AsyncClient, world: World, alice: Person
) -> None:
    equities = [1_000.0 + place for place in range(200)]
    equities[77] = 400
    await snapshots(world, alice, equities, NOON)
    answer = await asked(http, alice, "equity", points=20)
    assert answer["total"] == 200
    assert len(answer["at_ms"]) == len(answer["equity"]) == len(answer["drawdown_percent"]) == 20
    assert 400 in answer["equity"]
    assert max(answer["drawdown_percent"]) == pytest.approx((1 - 400 / 1_076) * 100)


async def test_drawdowns_have_their_dates(http: httpx.AsyncClient, world: World, alice: Person) -> None:
    await snapshots(world, alice, [100, 80, 100, 110, 99], NOON)
    answer = await asked(http, alice, "drawdowns")
    days = [NOON + place * DAY for place in range(5)]
    assert [
        (datetime.fromisoformat(fall["peak_at"]), datetime.fromisoformat(fall["trough_at"]), fall["days"])
        for fall in answer["falls"]
    ] == [(days[0], days[1], 2), (days[3], days[4], 1)]
    assert [fall["recovery_at"] is None for fall in answer["falls"]] == [False, True]
    assert answer["falls"][0]["depth_percent"] == pytest.approx(20)
    assert answer["current_percent"] == pytest.approx(10)


async def test_days_are_those_of_the_users_zone(http: httpx.AsyncClient, world: World) -> None:
    person = await world.person(zone="Asia/Tokyo")
    await trade(world, person, "100", datetime(2025, 9, 30, 14, 59, tzinfo=UTC))
    await trade(world, person, "-20", datetime(2025, 9, 30, 15, 0, tzinfo=UTC))
    answer = await asked(http, person, "calendar")
    assert [(day["date"], day["trades"], day["won"], day["net_pnl"]) for day in answer["days"]] == [
        ("2025-09-30", 1, 1, "97.5"),
        ("2025-10-01", 1, 0, "-22.5"),
    ]
    assert [(one["date"], one["net_pnl"]) for one in answer["months"]] == [
        ("2025-09", "97.5"),
        ("2025-10", "-22.5"),
    ]


async def test_strategies_and_ranges_stand_side_by_side(
    http: httpx.AsyncClient, world: World, alice: Person
) -> None:
    await trade(world, alice, "100", NOON)
    await trade(world, alice, "50", NOON + DAY)
    await trade(world, alice, "-50", NOON + DAY, strategy="donchian_breakout")
    columns = (await asked(http, alice, "compare", by="strategy"))["columns"]
    assert [(one["key"], one["trades"], one["net_pnl"]) for one in columns] == [
        ("ema_trend", 2, "145"),
        ("donchian_breakout", 1, "-52.5"),
    ]
    query = {"by": "period", "from": (NOON + HOUR).isoformat(), "to": (NOON + 2 * DAY).isoformat()}
    answer = await http.get("/analytics/compare", params=query, headers=alice.headers)
    assert [(one["key"], one["net_pnl"]) for one in answer.json()["columns"]] == [
        ("this range", "-5"),
        ("the range before", "97.5"),
    ]


async def test_risk_metrics_say_which_method_fails(
    http: httpx.AsyncClient, world: World, alice: Person
) -> None:
    """A series that is calm, with a crash now and then: the Gaussian 99 % is exceeded far too often."""
    equity, equities = 1_000.0, []
    for place in range(700):
        equities.append(equity)
        equity *= 0.9 if place > 250 and place % 20 == 0 else 1.006 if place % 2 else 0.999
    await snapshots(world, alice, equities, NOON - 1_000 * DAY)
    answer = await asked(http, alice, "risk-metrics")
    assert answer["n"] == 699
    tails = {(one["method"], one["level"], one["horizon"]): one for one in answer["tails"]}
    assert len(tails) == 12
    failed = tails["normal", 0.99, 1]["judged"]
    assert failed["holds"] is False
    assert failed["exceptions"] > 2 * failed["expected"]
    historical = tails["historical", 0.95, 1]
    assert historical["expected_shortfall_percent"] >= historical["value_at_risk_percent"]
    assert tails["historical", 0.95, 10]["judged"] is None


async def test_beta_is_taken_where_the_benchmark_is_known(
    http: httpx.AsyncClient, world: World, alice: Person
) -> None:
    rises = [0.02, -0.01, 0.03, -0.04, 0.01]
    price, equity, equities, start = 50_000.0, 1_000.0, [1_000.0], datetime(2024, 2, 1, tzinfo=UTC)
    await world.sql.execute("DELETE FROM candles WHERE symbol = $1 AND open_time < $2", BTC, start + 30 * DAY)
    for place in range(len(rises) + 1):
        await world.insert(
            "candles",
            venue="paper",
            symbol=BTC,
            timeframe="1h",
            open_time=start + place * DAY - HOUR,
            open=price,
            high=price,
            low=price,
            close=Decimal(str(round(price, 6))),
            volume=1,
        )
        if place < len(rises):
            price *= 1 + rises[place]
            equity *= 1 + 2 * rises[place]
            equities.append(round(equity, 8))
    await snapshots(world, alice, equities, start)
    found = figures(await asked(http, alice, "risk-metrics"))
    assert found["beta"]["value"] == pytest.approx(2, rel=1e-6)
    assert (found["correlation"]["value"], found["correlation"]["n"]) == (pytest.approx(1, rel=1e-6), 5)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    ("begin", "end", "code", "words"),
    [
        ("2025-10-02T00:00:00Z", "2025-10-01T00:00:00Z", "invalid_range", "must lie before"),
        ("2025-10-01T00:00:00Z", "2025-10-01T00:00:00Z", "invalid_range", "must lie before"),
        ("2190-01-01T00:00:00Z", None, "range_in_future", "lies in the future"),
        ("yesterday", None, "invalid_input", ""),
        ("2025-10-01T00:00:00", None, "invalid_input", ""),
    ],
)
async def test_a_range_that_means_nothing_is_answered_in_words(
    http: httpx.AsyncClient, alice: Person, path: str, begin: str, end: str | None, code: str, words: str
) -> None:
    query = {"from": begin} | ({} if end is None else {"to": end})
    answer = await http.get(f"/analytics/{path}", params=query, headers=alice.headers)
    assert answer.status_code == 422
    assert answer.json()["code"] == code, answer.text
    assert words in answer.json()["detail"]
    assert "from" in answer.text


async def test_a_range_without_data_is_empty_and_says_why(
    http: httpx.AsyncClient, world: World, alice: Person
) -> None:
    await trade(world, alice, "100", NOON)
    query = {"from": "2020-01-01T00:00:00Z", "to": "2020-02-01T00:00:00Z"}
    for path in PATHS:
        answer = await http.get(f"/analytics/{path}", params=query, headers=alice.headers)
        assert answer.status_code == 200
        note = answer.json()["asked"]["note"]
        assert note is not None, path
        assert "in this range" in note


@pytest.mark.parametrize(("points", "status"), [(2, 422), (3, 200), (5_000, 200), (5_001, 422)])
async def test_points_have_their_bounds(
    http: httpx.AsyncClient, alice: Person, points: int, status: int
) -> None:
    answer = await http.get("/analytics/equity", params={"points": points}, headers=alice.headers)
    assert answer.status_code == status


async def test_tags_are_put_on_all_together(http: httpx.AsyncClient, world: World, alice: Person) -> None:
    trade_id = await trade(world, alice, "100", NOON)
    for wanted, held in ((["b", " a  c ", "b"], ["a c", "b"]), (["b"], ["b"]), ([], [])):
        answer = await http.put(f"/trades/{trade_id}/tags", json={"tags": wanted}, headers=alice.headers)
        assert answer.json() == {"trade_id": str(trade_id), "tags": held}
        shares = (await asked(http, alice, "attribution", by="tag"))["shares"]
        assert [share["key"] for share in shares] == [", ".join(held) or "untagged"]


@pytest.mark.parametrize(
    "tag", ["=1+1", "+1", "-1", "@x", "a,b", "<script>", "x" * 41, "a\u0000b"], ids=lambda tag: repr(tag)[:12]
)
async def test_a_tag_that_could_be_something_else_is_refused(
    http: httpx.AsyncClient, world: World, alice: Person, tag: str
) -> None:
    trade_id = await trade(world, alice, "100", NOON)
    answer = await http.put(f"/trades/{trade_id}/tags", json={"tags": [tag]}, headers=alice.headers)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"].startswith("tags")


@pytest.mark.parametrize(("count", "status"), [(20, 200), (21, 422)])
async def test_twenty_tags_are_the_most(
    http: httpx.AsyncClient, world: World, alice: Person, count: int, status: int
) -> None:
    trade_id = await trade(world, alice, "100", NOON)
    body = {"tags": [f"tag {place}" for place in range(count)]}
    answer = await http.put(f"/trades/{trade_id}/tags", json=body, headers=alice.headers)
    assert answer.status_code == status


async def test_nobody_tags_anothers_trade(
    http: httpx.AsyncClient, world: World, alice: Person, bob: Person
) -> None:
    trade_id = await trade(world, bob, "100", NOON)
    answer = await http.put(f"/trades/{trade_id}/tags", json={"tags": ["mine"]}, headers=alice.headers)
    assert answer.status_code == 404
    assert await world.sql.fetchval("SELECT count(*) FROM trade_tags WHERE trade_id = $1", trade_id) == 0
