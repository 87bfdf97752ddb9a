"""Analytics over real rows: exact sums, paper and live apart, answers that change with the facts."""

from datetime import timedelta
from decimal import Decimal
from itertools import pairwise

import httpx
import pytest

from app.core.clock import utc_now
from app.core.db import Database
from app.domain.attribution import total
from app.repositories.trade_results import TradeResultRepository
from app.services.analytics.trade_books import SETTLED_AFTER, TradeBooks
from tests.api.analytics_world import DAY, ETH, HOUR, PATHS, asked, figures, posting, snapshots, trade
from tests.api.desk_world import NOON, Person, World


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


@pytest.mark.parametrize(("points", "profit"), [([], None), ([1_000], None), ([1_000, 1_000], "0")])
async def test_what_was_made_is_not_known_before_two_snapshots(
    http: httpx.AsyncClient, world: World, alice: Person, points: list[float], profit: str | None
) -> None:
    """A trade closed since, but nothing tells what the account was worth then: that is not zero."""
    await snapshots(world, alice, points, NOON - DAY)
    await trade(world, alice, "60", NOON)
    answer = await asked(http, alice, "portfolio")
    assert (answer["profit"], answer["first_equity"]) == (profit, "1000" if points else None)


@pytest.mark.parametrize(
    ("reasons", "percent"),
    [
        (["stop_loss", "trailing_stop"], 0),
        (["manual", "stop_loss", "external", "take_profit"], 50),
        (["manual"], 100),
    ],
)
async def test_how_often_somebody_stepped_in(
    http: httpx.AsyncClient, world: World, alice: Person, reasons: list[str], percent: float
) -> None:
    for reason in reasons:
        await trade(world, alice, "10", NOON, exit_reason=reason)
    one = figures(await asked(http, alice, "portfolio"))["closed_by_hand"]
    assert (one["value"], one["unit"], one["n"]) == (percent, "percent", len(reasons))


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


async def test_results_are_told_apart_by_the_model_that_proposed_them(
    http: httpx.AsyncClient, world: World, alice: Person
) -> None:
    for model, made in (("trend@3", "10"), ("trend@4", "20"), (None, "40")):
        signal_id = await world.signal()
        await world.sql.execute("UPDATE signals SET model = $2 WHERE id = $1", signal_id, model)
        await trade(world, alice, made, NOON, signal_id=signal_id)
    answer = await asked(http, alice, "attribution", by="model")
    made_by = {share["key"]: share["causes"]["net"] for share in answer["shares"]}
    assert made_by == {"trend@3": "7.5", "trend@4": "17.5", "none": "37.5"}


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


async def test_an_answer_that_is_kept_is_refused_when_the_session_is_over(
    http: httpx.AsyncClient, world: World, alice: Person
) -> None:
    await asked(http, alice, "portfolio")
    await world.sql.execute("UPDATE sessions SET revoked_at = now() WHERE id = $1", alice.session_id)
    refused = await http.get("/analytics/portfolio", headers=alice.headers)
    assert (refused.status_code, refused.json()["code"]) == (401, "session_over")


async def test_an_answer_that_is_kept_is_refused_when_the_wallet_is_of_the_other_money(
    http: httpx.AsyncClient, world: World, alice: Person
) -> None:
    query = {"wallet_id": str(alice.wallet_id)}
    await asked(http, alice, "portfolio", **query)
    await world.sql.execute("UPDATE wallets SET environment = 'live' WHERE id = $1", alice.wallet_id)
    refused = await http.get("/analytics/portfolio", params=query, headers=alice.headers)
    assert (refused.status_code, refused.json()["code"]) == (422, "wrong_environment")


async def test_an_answer_that_is_kept_is_shown_to_nobody_else(
    http: httpx.AsyncClient, world: World, alice: Person, bob: Person
) -> None:
    await trade(world, alice, "100", NOON)
    query = {"wallet_id": str(alice.wallet_id)}
    for _ in range(2):
        assert (await asked(http, alice, "portfolio", **query))["net_pnl"] == "97.5"
    refused = await http.get("/analytics/portfolio", params=query, headers=bob.headers)
    assert refused.status_code == 404
    assert (await asked(http, bob, "portfolio"))["net_pnl"] == "0"


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


async def test_a_posting_that_is_younger_than_its_successor_is_counted_once_and_for_ever(
    world: World, alice: Person, api_database: Database
) -> None:
    now, nets = utc_now(), []
    for amount, moment in (
        ("5", now - timedelta(minutes=1)),
        ("7", now - SETTLED_AFTER - timedelta(minutes=1)),
    ):
        await posting(world, alice, "funding", amount, NOON)
        await world.sql.execute(
            "UPDATE ledger_events SET created_at = $1 WHERE id = (SELECT max(id) FROM ledger_events)", moment
        )
    books = TradeBooks(lambda: now)
    for version in range(2):
        async with api_database.tenant(alice.user_id) as session:
            results = TradeResultRepository(session)
            book = await books.book(results, alice.user_id, "paper", "UTC", (version,))
        nets.append(total(book.columns).net)
    assert nets == [12 * 10**8, 12 * 10**8]
