"""Each limit just inside, exactly at and just outside it, at every level that it stands at: facts out of the
database, signal in, order or stored refusal out."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import pytest

from app.domain.receipts import rerun
from app.services.trading.decision_lanes import TradeDecision
from tests.services.trading.floor import BTC, ETH, SOL, STRATEGY
from tests.services.trading.gate_world import GateWorld

Arrange = Callable[[GateWorld], Awaitable[object]]
SINCE = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Row:
    """One limit: what is arranged, and values of which two approve (one of them with no room to spare) and the
    last refuses with `code`; without a code it trims the size."""

    name: str
    code: str
    inside: object
    at: object
    outside: object
    arrange: Arrange | None = None
    levels: tuple[str, ...] = ("user", "wallet", "strategy", "symbol")


async def loss_of_500(world: GateWorld) -> None:
    await world.state(
        day_start_equity=Decimal(10_500),
        week_start_equity=Decimal(10_500),
        month_start_equity=Decimal(10_500),
        peak_equity=Decimal(12_500),
    )


async def leaves_whole(world: GateWorld) -> None:
    await world.limit("user", "enable_scale_out", False)


async def one_open_elsewhere(world: GateWorld) -> None:
    await world.trade(ETH)


async def one_open_in_symbol(world: GateWorld) -> None:
    await world.trade(BTC, wallet_id=await world.add_wallet(uuid4()))


async def closed_at_a_loss(world: GateWorld) -> None:
    await world.trade(status="CLOSED", net="-1", closed_before=SINCE)


async def two_losses(world: GateWorld) -> None:
    await world.state(consecutive_losses=2)


async def two_losses_of_scopes(world: GateWorld) -> None:
    """Two losses in a row of the strategy, and two of the symbol."""
    await world.sql.execute(
        "INSERT INTO risk_usage (user_id, environment, scope, scope_key, consecutive_losses)"
        " VALUES ($1, 'paper', 'strategy', $2, 2), ($1, 'paper', 'symbol', $3, 2)",
        *(world.user_id, STRATEGY, BTC),
    )


async def scopes_lost_500(world: GateWorld) -> None:
    """What the strategy's and the symbol's own trades lost today."""
    await world.trade(status="CLOSED", net="-500", closed_before=SINCE)


async def scopes_gave_back(world: GateWorld) -> None:
    """The strategy's and the symbol's trades had made 802.5 at best; 200 are realised and 100 are open: 502.5, of a
    user who has 20,100 at most, is 2.5 %."""
    await world.sql.execute(
        "INSERT INTO risk_usage (user_id, environment, scope, scope_key, book_result, book_peak)"
        " VALUES ($1, 'paper', 'strategy', $2, 200, 802.5), ($1, 'paper', 'symbol', $3, 200, 802.5)",
        *(world.user_id, STRATEGY, BTC),
    )
    await world.trade(BTC, wallet_id=await world.add_wallet(uuid4()), entry="900")


async def risk_is_a_fifth_of_a_percent(world: GateWorld) -> None:
    """The order loses 21.48 at its stop, costs included."""
    await world.state(balance=Decimal(10_740), equity=Decimal(10_740))


async def correlated(world: GateWorld) -> None:
    """An open position whose correlation nobody knows."""
    await world.trade(SOL)


ALONE = ("user", "wallet")
SCOPES = ("strategy", "symbol")
NOT_WALLET = ("user", *SCOPES)
ROWS = (
    Row("max_position_size_usd", "", Decimal(1001), Decimal(1000), Decimal("999.99")),
    Row("max_position_size_percent", "", Decimal("10.01"), Decimal(10), Decimal("9.99")),
    Row("max_risk_per_trade_percent", "", Decimal("0.3"), Decimal("0.22"), Decimal("0.1")),
    Row("max_leverage", "", 2, 1, 0),
    Row("min_signal_confidence", "signal_confidence", Decimal("0.89"), Decimal("0.90"), Decimal("0.91")),
    Row(
        "min_risk_reward_ratio",
        "risk_reward",
        *(Decimal("2.7"), Decimal("2.72"), Decimal("2.73"), leaves_whole),
    ),
    # Thirds at 2 %, 4 % and 6 %: 38.46 to win and 21.48 to lose, costs included.
    Row("min_risk_reward_ratio", "risk_reward", Decimal("1.7"), Decimal("1.79"), Decimal("1.80")),
    Row(
        "max_portfolio_heat",
        "portfolio_heat",
        Decimal("20.01"),
        Decimal(20),
        Decimal("19.99"),
        one_open_elsewhere,
        (*ALONE, "strategy"),
    ),
    Row(
        "max_portfolio_heat",
        "portfolio_heat",
        Decimal("10.01"),
        Decimal(10),
        Decimal("9.99"),
        None,
        ("symbol",),
    ),
    Row("max_open_positions", "max_open_positions", 3, 2, 1, one_open_elsewhere, (*ALONE, "strategy")),
    Row("max_open_positions", "max_open_positions", 3, 2, 1, one_open_in_symbol, ("symbol",)),
    Row(
        "max_open_risk_percent",
        "open_risk",
        Decimal("0.21"),
        Decimal("0.20"),
        Decimal("0.19"),
        risk_is_a_fifth_of_a_percent,
    ),
    Row(
        "max_single_asset_exposure_percent",
        "single_asset_exposure",
        Decimal("10.01"),
        Decimal(10),
        Decimal("9.99"),
        one_open_in_symbol,
    ),
    Row("max_position_size_lots", "", Decimal("1.01"), Decimal(1), Decimal("0.99")),
    Row("max_positions_per_wallet", "max_positions_per_wallet", 3, 2, 1, one_open_elsewhere),
    Row(
        "max_positions_per_strategy",
        "max_positions_per_strategy",
        *(3, 2, 1, one_open_elsewhere, (*ALONE, "strategy")),
    ),
    Row("max_positions_per_strategy", "max_positions_per_strategy", 3, 2, 1, one_open_in_symbol, ("symbol",)),
    Row("max_positions_per_symbol", "max_positions_per_symbol", 3, 2, 1, one_open_in_symbol, NOT_WALLET),
    Row("max_positions_per_symbol", "max_positions_per_symbol", 2, 1, 0, None, ("wallet",)),
    Row("max_correlated_positions", "correlated_positions", 2, 1, 0, correlated, (*ALONE, "strategy")),
    Row("max_trades_per_day", "max_trades_per_day", 3, 2, 1, closed_at_a_loss),
    Row(
        "cooldown_minutes_after_exit",
        "cooldown_after_exit",
        Decimal(29),
        Decimal(30),
        Decimal(31),
        closed_at_a_loss,
    ),
    Row(
        "cooldown_minutes_after_loss",
        "cooldown_after_loss",
        Decimal(29),
        Decimal(30),
        Decimal(31),
        closed_at_a_loss,
    ),
    Row("max_consecutive_losses", "consecutive_losses", 4, 3, 2, two_losses, ALONE),
    Row("max_consecutive_losses", "consecutive_losses", 4, 3, 2, two_losses_of_scopes, SCOPES),
    *[
        Row(
            f"max_{length}_loss_usd",
            f"{length}_loss_usd",
            Decimal(600),
            at,
            Decimal(500),
            scopes_lost_500,
            SCOPES,
        )
        for length, at in (
            ("daily", Decimal(530)),
            ("weekly", Decimal("500.01")),
            ("monthly", Decimal("500.01")),
        )
    ],
    *[
        Row(
            f"max_{length}_loss_percent",
            f"{length}_loss_percent",
            Decimal(6),
            at,
            Decimal(5),
            scopes_lost_500,
            SCOPES,
        )
        for length, at in (
            ("daily", Decimal("5.5")),
            ("weekly", Decimal("5.01")),
            ("monthly", Decimal("5.01")),
        )
    ],
    Row(
        "max_weekly_loss_usd",
        "weekly_loss_usd",
        Decimal(502),
        Decimal("500.01"),
        Decimal(500),
        loss_of_500,
        ALONE,
    ),
    Row(
        "max_monthly_loss_usd",
        "monthly_loss_usd",
        Decimal(502),
        Decimal("500.01"),
        Decimal(500),
        loss_of_500,
        ALONE,
    ),
    Row("max_daily_loss_usd", "daily_loss_usd", Decimal(600), Decimal(530), Decimal(500), loss_of_500, ALONE),
    Row(
        "max_daily_loss_percent",
        "daily_loss_percent",
        Decimal(6),
        Decimal("5.5"),
        Decimal("4.76"),
        loss_of_500,
        ALONE,
    ),
    Row(
        "max_weekly_loss_percent",
        "weekly_loss_percent",
        Decimal(6),
        Decimal("4.77"),
        Decimal("4.76"),
        loss_of_500,
        ALONE,
    ),
    Row(
        "max_monthly_loss_percent",
        "monthly_loss_percent",
        Decimal(6),
        Decimal("4.77"),
        Decimal("4.76"),
        loss_of_500,
        ALONE,
    ),
    Row(
        "max_drawdown_percent", "max_drawdown", Decimal(21), Decimal("20.01"), Decimal(20), loss_of_500, ALONE
    ),
    Row(
        "max_drawdown_percent",
        "max_drawdown",
        Decimal("2.6"),
        Decimal("2.51"),
        Decimal("2.5"),
        scopes_gave_back,
        SCOPES,
    ),
    Row(
        "max_margin_utilisation_percent",
        "margin_utilisation",
        Decimal(1),
        Decimal("0.51"),
        Decimal("0.50"),
    ),
)
CASES = [
    pytest.param(row, level, place, id=f"{row.name}-{level}-{place}")
    for row in ROWS
    for level in row.levels
    for place in ("inside", "at", "outside")
]


async def stored(world: GateWorld, decision: TradeDecision) -> tuple[bool, set[str], Decimal | None]:
    """(approved, codes, notional) as the database keeps them."""
    row = await world.sql.fetchrow(
        "SELECT approved, breaches, notional FROM risk_decisions WHERE id = $1", decision.decision_id
    )
    assert row is not None
    return row["approved"], {one["code"] for one in json.loads(row["breaches"])}, row["notional"]


@pytest.mark.parametrize(("row", "level", "place"), CASES)
async def test_limit_inside_at_and_outside(world: GateWorld, row: Row, level: str, place: str) -> None:
    """A cap on the size trims instead of refusing: the stored size then says what bound."""
    if row.arrange is not None:
        await row.arrange(world)
    await world.limit(level, row.name, getattr(row, place))
    (decision,) = await world.ask(await world.signal())
    approved, codes, notional = await stored(world, decision)
    entries = await world.sql.fetchval(
        "SELECT count(*) FROM trades t JOIN orders o ON o.trade_id = t.id AND o.leg = 'entry'"
        " WHERE t.user_id = $1",
        world.user_id,
    )
    if place != "outside":
        assert (approved, codes, notional) == (True, set(), Decimal(1000))
        assert entries == 1
    elif row.code:
        assert approved is False
        assert row.code in codes
        assert entries == 0
    else:
        assert notional is None or notional < 1000


async def test_every_stored_receipt_decides_again_to_identical_bytes(world: GateWorld) -> None:
    """A thousand answers, approved and refused for many reasons, out of the same facts as the gate had."""
    await world.sql.execute("UPDATE risk_settings SET max_open_positions = 3, min_signal_confidence = 0.5")
    await world.limit("strategy", "max_daily_loss_usd", Decimal(100))
    wallets = [await world.add_wallet(uuid4()) for _ in range(40)]
    symbols = (BTC, ETH, SOL, "XRP/USDT:USDT", "DOGE/USDT:USDT")
    for number in range(25):
        signal = await world.signal(symbols[number % 5], confidence=f"0.{4 + number % 5}")
        await world.ask(signal, *wallets)
    receipts: list[bytes] = [
        row[0]
        for row in await world.sql.fetch(
            "SELECT receipt FROM risk_decisions WHERE user_id = $1", world.user_id
        )
    ]
    assert len(receipts) == 1000
    assert all(rerun(receipt).identical for receipt in receipts)


async def test_batch_and_one_wallet_at_a_time_give_identical_decisions(world: GateWorld) -> None:
    """Twenty users that differ in nothing but their size; the same signal's figures, whoever asks."""
    await world.limit("user", "max_position_size_usd", Decimal(700))
    batch, single = await world.signal(), await world.signal()
    wallets: list[UUID] = [world.wallet_id, *[await world.add_wallet(uuid4()) for _ in range(5)]]
    together = await world.ask(batch, *wallets)
    await world.sql.execute("UPDATE trades SET status = 'EXPIRED' WHERE user_id = $1", world.user_id)
    alone = [(await world.ask(single, wallet))[0] for wallet in sorted(wallets)]
    figures = (
        "SELECT wallet_id, approved, breaches, quantity, notional, risk_amount, requested_price, binding_cap"
        " FROM risk_decisions WHERE signal_id = $1 ORDER BY wallet_id"
    )
    assert len(together) == len(alone) == len(wallets)
    assert await world.sql.fetch(figures, batch) == await world.sql.fetch(figures, single)


async def test_operators_own_limit_stands_over_every_user(world: GateWorld) -> None:
    await world.limit("platform", "max_open_positions", 1)
    await world.trade(ETH)
    (decision,) = await world.ask(await world.signal())
    assert [breach.code.value for breach in decision.breaches] == ["max_open_positions"]


async def test_transfer_is_neither_profit_nor_loss(world: GateWorld) -> None:
    """Half of the equity was withdrawn in this window: no loss, and the base of the percent is lower."""
    await world.limit("user", "max_daily_loss_percent", Decimal("5.0"))
    await world.state(
        balance=Decimal(5_000), equity=Decimal(5_000), day_flows=Decimal(-5_000), peak_equity=Decimal(5_000)
    )
    (decision,) = await world.ask(await world.signal())
    assert decision.is_approved
