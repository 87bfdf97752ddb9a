"""What may be asked of analytics: curves, ranges in words, points, comparisons, and tags of trades."""

from datetime import UTC, datetime
from decimal import Decimal

import httpx
import pytest

from tests.api.analytics_world import BTC, DAY, HOUR, PATHS, asked, figures, snapshots, trade
from tests.api.desk_world import NOON, Person, World


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


@pytest.mark.parametrize("query", [{"strategy": "nobody's"}, {"tag": "=1+1"}, {"environment": "live"}])
async def test_a_filter_that_matches_nothing_is_empty_and_says_why(
    http: httpx.AsyncClient, world: World, alice: Person, query: dict[str, str]
) -> None:
    await trade(world, alice, "100", NOON)
    for path in PATHS:
        answer = await http.get(f"/analytics/{path}", params=query, headers=alice.headers)
        assert answer.status_code == 200
        assert answer.json()["asked"]["note"] is not None, path
        for one in answer.json().get("figures", []):
            assert one["value"] is None or one["unit"] == "count", one


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


async def test_excursions_are_counted_in_r_by_how_the_trade_ended(
    http: httpx.AsyncClient, world: World, alice: Person
) -> None:
    ran = [("60", "10", "75"), ("-30", "30", "7.5"), ("90", "7.4", "120"), ("20", None, None)]
    ids = [await trade(world, alice, made, NOON, risk_amount=30) for made, _, _ in ran]
    for trade_id, (_, adverse, favourable) in zip(ids, ran, strict=True):
        known = adverse is not None and favourable is not None
        await world.insert(
            "trade_excursions",
            trade_id=trade_id,
            user_id=alice.user_id,
            timeframe="1m" if known else None,
            adverse_distance=Decimal(adverse) * 2 if adverse is not None else None,
            favourable_distance=Decimal(favourable) * 2 if favourable is not None else None,
            adverse=Decimal(adverse) if adverse is not None else None,
            favourable=Decimal(favourable) if favourable is not None else None,
        )
    answer = await asked(http, alice, "excursions")
    assert (answer["trades"], answer["known"], answer["in_r"]) == (4, 3, 3)
    found = figures(answer)
    assert found["median_adverse_excursion"]["value"] == 10
    assert found["median_favourable_excursion_r"]["value"] == 2.5
    assert found["excursion_ratio"]["value"] == pytest.approx((75 + 7.5 + 120) / (10 + 30 + 7.4))
    bins = {one["low_r"]: one for one in answer["bins"]}
    assert (bins[0.0]["adverse_won"], bins[0.25]["adverse_won"]) == (1, 1)  # 7.4 lies inside a quarter of 30
    assert (bins[1.0]["adverse_lost"], bins[0.25]["favourable_lost"]) == (1, 1)
    assert (bins[2.5]["favourable_won"], bins[3.0]["favourable_won"], bins[3.0]["high_r"]) == (1, 1, None)
    assert sum(one["adverse_won"] + one["adverse_lost"] for one in answer["bins"]) == 3
    nothing = await asked(http, alice, "excursions", environment="live")
    assert (nothing["trades"], nothing["known"]) == (0, 0)
    detail = (await http.get(f"/trades/{ids[0]}", headers=alice.headers)).json()["excursions"]
    assert (detail["adverse"], detail["adverse_r"], detail["favourable_r"]) == ("10", "0.33", "2.5")
    assert (await http.get(f"/trades/{ids[3]}", headers=alice.headers)).json()["excursions"] is None
