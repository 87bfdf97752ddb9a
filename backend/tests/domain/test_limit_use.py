"""How much of each aggregate limit is used, told in the field's unit."""

from dataclasses import replace
from decimal import Decimal

import pytest

from app.domain.limit_use import MEASURED, PER_ORDER, Holdings, LimitUse, uses_of
from app.domain.risk_facts import LossWindow, ScopeFacts
from app.domain.risk_limits import RiskLimits
from tests.domain.examples import STRATEGY, SYMBOL_FACTS, USER, one_limit, with_facts

NOTHING = Holdings()


def use_of(field: str, facts: ScopeFacts, limit: str | None = None, holdings: Holdings = NOTHING) -> LimitUse:
    limits = RiskLimits() if limit is None else one_limit(field, Decimal(limit))
    return next(one for one in uses_of(facts, limits, holdings) if one.declared.field == field)


BUSY = replace(
    USER,
    notional=Decimal(3_000),
    reserved_notional=Decimal(1_000),
    open_risk=Decimal(100),
    reserved_risk=Decimal(50),
    margin_used=Decimal(300),
    reserved_margin=Decimal(100),
    open_positions=2,
    pending_entries=1,
    consecutive_losses=2,
    trades_today=4,
    orders_last_minute=7,
    peak_equity=Decimal(12_500),
)


@pytest.mark.parametrize(
    ("field", "used"),
    [
        ("max_portfolio_heat_fraction", "0.4"),
        ("max_open_risk_fraction", "0.015"),
        ("max_margin_utilisation_fraction", "0.04"),
        ("max_open_positions", "3"),
        ("max_consecutive_losses", "2"),
        ("max_trades_per_day", "4"),
        ("max_orders_per_minute", "7"),
        ("max_drawdown_fraction", "0.2"),
    ],
)
def test_the_use_is_what_the_gate_holds_against_the_limit(field: str, used: str) -> None:
    assert use_of(field, BUSY).used == Decimal(used)
    just_inside = Decimal(used) + (1 if Decimal(used) >= 1 else Decimal("0.0001"))
    assert use_of(field, BUSY, used).reached is True
    assert use_of(field, BUSY, str(just_inside)).reached is False
    assert use_of(field, BUSY).reached is False


@pytest.mark.parametrize(
    ("field", "fact"),
    [
        ("max_portfolio_heat_fraction", "notional"),
        ("max_portfolio_heat_fraction", "equity"),
        ("max_open_risk_fraction", "reserved_risk"),
        ("max_margin_utilisation_fraction", "margin_used"),
        ("max_open_positions", "pending_entries"),
        ("max_consecutive_losses", "consecutive_losses"),
        ("max_drawdown_fraction", "peak_equity"),
        ("max_daily_loss_usd", "day"),
        ("max_daily_loss_fraction", "equity"),
    ],
)
def test_a_use_whose_fact_is_missing_is_not_known_and_not_reached(field: str, fact: str) -> None:
    held = use_of(
        field, with_facts(BUSY, {fact: None}), "0.0001" if "fraction" in field or "usd" in field else "1"
    )
    assert (held.used, held.reached) == (None, False)


@pytest.mark.parametrize(("window", "word"), [("day", "daily"), ("week", "weekly"), ("month", "monthly")])
def test_a_loss_is_told_in_money_and_as_a_part_of_its_base_and_a_gain_is_none(window: str, word: str) -> None:
    # 10 000 at the start, 2 000 taken out: 7 600 are 400 lost of a base of 8 000.
    held = LossWindow(Decimal(10_000), withdrawals=Decimal(2_000))
    lost = with_facts(USER, {"equity": Decimal(7_600), window: held})
    assert use_of(f"max_{word}_loss_usd", lost).used == 400
    assert use_of(f"max_{word}_loss_fraction", lost).used == Decimal("0.05")
    assert use_of(f"max_{word}_loss_usd", lost, "400").reached is True
    assert use_of(f"max_{word}_loss_usd", lost, "400.01").reached is False
    won = with_facts(lost, {"equity": Decimal(9_000)})
    assert use_of(f"max_{word}_loss_usd", won).used == 0
    assert use_of(f"max_{word}_loss_fraction", won).used == 0


def test_a_loss_of_a_base_of_nothing_has_no_fraction() -> None:
    emptied = with_facts(
        USER, {"equity": Decimal(0), "day": LossWindow(Decimal(1_000), withdrawals=Decimal(1_000))}
    )
    assert use_of("max_daily_loss_fraction", emptied).used is None


def test_a_tripped_window_stays_reached_whatever_came_back() -> None:
    tripped = with_facts(USER, {"day": LossWindow(Decimal(10_000), tripped=True)})
    assert use_of("max_daily_loss_usd", tripped, "500").reached is True
    assert use_of("max_daily_loss_usd", tripped).reached is False
    assert use_of("max_weekly_loss_usd", tripped, "500").reached is False
    assert use_of("max_drawdown_fraction", tripped, "0.1").reached is False


def test_a_strategys_loss_and_drawdown_are_its_own_trades() -> None:
    own = replace(
        STRATEGY,
        equity=Decimal(5_000),
        day=LossWindow(Decimal(10_000), pnl=Decimal(-300)),
        book_equity=Decimal(9_000),
    )
    assert use_of("max_daily_loss_usd", own).used == 300
    assert use_of("max_daily_loss_fraction", own).used == Decimal("0.03")
    assert use_of("max_drawdown_fraction", own).used == Decimal("0.1")
    # What was paid in and out since is no part of the trades' loss; what was paid out lowers what it is a part of.
    moved = replace(own, day=LossWindow(Decimal(10_000), Decimal(700), Decimal(4_000), pnl=Decimal(-300)))
    assert use_of("max_daily_loss_usd", moved).used == 300
    assert use_of("max_daily_loss_fraction", moved).used == Decimal("0.05")
    same_of_symbol = replace(SYMBOL_FACTS, equity=Decimal(5_000), book_equity=Decimal(9_000))
    assert use_of("max_drawdown_fraction", same_of_symbol).used == Decimal("0.1")


ORDERS = [
    replace(USER, positions_in_strategy=2, positions_in_symbol=1, asset_notional=Decimal(500)),
    replace(USER, positions_in_strategy=1, positions_in_symbol=3, asset_notional=Decimal(1_500)),
]
WALLETS = [
    replace(USER, open_positions=1, pending_entries=1),
    replace(USER, open_positions=3, pending_entries=1),
]


@pytest.mark.parametrize(
    ("field", "used", "fact"),
    [
        ("max_positions_per_wallet", "4", "open_positions"),
        ("max_positions_per_strategy", "2", "positions_in_strategy"),
        ("max_positions_per_symbol", "3", "positions_in_symbol"),
        ("max_single_asset_exposure_fraction", "0.15", "asset_notional"),
    ],
)
def test_of_a_limit_that_depends_on_an_order_the_largest_use_is_told(
    field: str, used: str, fact: str
) -> None:
    held = use_of(field, USER, used, Holdings(ORDERS, WALLETS))
    assert (held.used, held.reached, held.note) == (Decimal(used), True, PER_ORDER[field])
    assert use_of(field, USER, used, NOTHING).used == 0
    unknown = Holdings(
        [with_facts(one, {fact: None}) for one in ORDERS], [with_facts(one, {fact: None}) for one in WALLETS]
    )
    assert use_of(field, USER, used, unknown).used is None


@pytest.mark.parametrize(
    "field", ["max_correlated_positions", "cooldown_minutes_after_exit", "cooldown_minutes_after_loss"]
)
def test_a_limit_without_a_use_of_its_own_says_why(field: str) -> None:
    held = use_of(field, USER, "1", Holdings(ORDERS, WALLETS))
    assert (held.used, held.reached) == (None, False)
    assert held.note is not None
    assert held.note.endswith("no use without an order.")


def test_limits_that_depend_on_an_order_are_told_only_where_they_stand() -> None:
    told = {one.declared.field for one in uses_of(USER, RiskLimits(), NOTHING)}
    assert told == {declared.field for declared in MEASURED} - set(PER_ORDER)
    assert all(one.note is None for one in uses_of(USER, RiskLimits(), NOTHING))
