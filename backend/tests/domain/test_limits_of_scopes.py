"""Limits of a user's and a wallet's aggregates: inside, at and outside, one fact changed per test."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.limits import (
    LossWindow,
    RiskLimits,
)
from tests.domain.examples import (
    DAY,
    USER,
    WALLET,
    codes,
    one_limit,
    user_limits,
    wallet_limits,
    with_facts,
)


@pytest.mark.parametrize(
    ("opened", "pending", "refused"), [(3, 0, False), (4, 0, False), (5, 0, True), (4, 1, True), (6, 0, True)]
)
def test_open_positions_count_pending_at_each_level(opened: int, pending: int, refused: bool) -> None:
    limits = RiskLimits(max_open_positions=5)
    user = replace(USER, open_positions=opened, pending_entries=pending)
    wallet = replace(WALLET, open_positions=opened, pending_entries=pending)
    assert codes(user=user, limits=user_limits(limits)) == (["max_open_positions:user"] if refused else [])
    assert codes(wallet=wallet, limits=wallet_limits(limits)) == (
        ["max_open_positions:wallet"] if refused else []
    )


def test_an_aggregate_limit_is_held_against_its_own_level_only() -> None:
    limits = wallet_limits(RiskLimits(max_open_positions=1))
    assert codes(user=replace(USER, open_positions=9), limits=limits) == []


_AGGREGATES = [
    ("max_portfolio_heat_fraction", "0.5", "notional", "reserved_notional", "4000", "portfolio_heat"),
    ("max_open_risk_fraction", "0.1", "open_risk", "reserved_risk", "980", "open_risk"),
    (
        "max_single_asset_exposure_fraction",
        "0.2",
        "asset_notional",
        None,
        "1000",
        "single_asset_exposure",
    ),
]


@pytest.mark.parametrize(("field", "limit", "used", "reserved", "at", "code"), _AGGREGATES)
def test_exposure_limits_refuse_above_at_each_level(
    field: str, limit: str, used: str, reserved: str | None, at: str, code: str
) -> None:
    limits = one_limit(field, Decimal(limit))
    for amount, refused in ((f"{at}", False), (f"{at}.00000001", True)):
        user = with_facts(USER, {used: Decimal(amount)})
        wallet = with_facts(WALLET, {used: Decimal(amount)})
        assert codes(user=user, limits=user_limits(limits)) == ([f"{code}:user"] if refused else [])
        assert codes(wallet=wallet, limits=wallet_limits(limits)) == ([f"{code}:wallet"] if refused else [])
    if reserved is not None:
        full = with_facts(USER, {used: Decimal(at), reserved: Decimal("0.00000001")})
        assert codes(user=full, limits=user_limits(limits)) == [f"{code}:user"]


_LOSSES = [
    ("9520", None),
    ("9519.99999999", "daily_loss_budget"),
    ("9500.00000001", "daily_loss_budget"),
    ("9500", "daily_loss"),
    ("9499.99999999", "daily_loss"),
]


@pytest.mark.parametrize(("equity", "code"), _LOSSES)
@pytest.mark.parametrize(
    ("field", "limit", "unit"),
    [("max_daily_loss_fraction", "0.05", "percent"), ("max_daily_loss_usd", "500", "usd")],
)
def test_daily_loss_refuses_at_the_limit_and_keeps_room_for_the_order(
    equity: str, code: str | None, field: str, limit: str, unit: str
) -> None:
    """Equity began at 10 000 and the order may lose 20: "$500 daily loss -> next rejected"."""
    limits = one_limit(field, Decimal(limit))
    expected = [] if code is None else [f"{code}_{unit}"]
    user = replace(USER, equity=Decimal(equity))
    wallet = replace(WALLET, equity=Decimal(equity))
    assert codes(user=user, limits=user_limits(limits)) == [f"{c}:user" for c in expected]
    assert codes(wallet=wallet, limits=wallet_limits(limits)) == [f"{c}:wallet" for c in expected]


def test_the_loss_budget_counts_what_pending_entries_may_lose() -> None:
    limits = user_limits(RiskLimits(max_daily_loss_usd=Decimal(500)))
    user = replace(USER, equity=Decimal(9_600), reserved_risk=Decimal(80))
    assert codes(user=user, limits=limits) == []
    assert codes(user=replace(user, reserved_risk=Decimal("80.00000001")), limits=limits) == [
        "daily_loss_budget_usd:user"
    ]


def test_a_deposit_does_not_raise_the_base_of_the_daily_loss() -> None:
    limits = user_limits(RiskLimits(max_daily_loss_fraction=Decimal("0.05")))
    user = replace(USER, equity=Decimal(19_500), day=replace(DAY, deposits=Decimal(10_000)))
    assert codes(user=user, limits=limits) == ["daily_loss_percent:user"]


def test_a_withdrawal_is_no_loss_and_lowers_the_base() -> None:
    limits = user_limits(RiskLimits(max_daily_loss_fraction=Decimal("0.05")))
    day = replace(DAY, withdrawals=Decimal(5_000))
    assert codes(user=replace(USER, equity=Decimal(5_000), day=day), limits=limits) == []
    assert codes(user=replace(USER, equity=Decimal(4_750), day=day), limits=limits) == [
        "daily_loss_percent:user"
    ]


def test_a_tripped_day_stays_tripped_after_a_rebound() -> None:
    limits = user_limits(RiskLimits(max_daily_loss_usd=Decimal(500)))
    rebound = replace(USER, equity=Decimal(10_100), day=replace(DAY, tripped=True))
    assert codes(user=rebound, limits=limits) == ["daily_loss_tripped:user"]


def test_a_withdrawal_of_everything_leaves_no_loss_budget() -> None:
    limits = user_limits(RiskLimits(max_daily_loss_fraction=Decimal("0.05")))
    user = replace(USER, equity=Decimal("0.01"), day=replace(DAY, withdrawals=Decimal(10_000)))
    assert codes(user=user, limits=limits) == ["daily_loss_budget_percent:user"]
    assert codes(user=replace(user, equity=Decimal(0)), limits=limits) == [
        "daily_loss_percent:user",
        "equity_unknown:user",
    ]


@given(equity=st.decimals(min_value="0.01", max_value=1_000_000, places=8), units=st.integers(1, 100_000_000))
@settings(max_examples=60, deadline=None)
def test_a_loss_of_exactly_the_percent_always_refuses(equity: Decimal, units: int) -> None:
    # With floats, losses of exactly the limit read below it about half of the time.
    fraction = Decimal(units).scaleb(-8)
    lost = (equity * fraction).quantize(Decimal("1e-8"), rounding="ROUND_CEILING")
    user = replace(USER, equity=equity - lost, day=LossWindow(equity))
    limits = user_limits(RiskLimits(max_daily_loss_fraction=fraction))
    assert "daily_loss_percent:user" in codes(user=user, limits=limits)
    just_inside = replace(user, equity=equity - lost + Decimal("1e-8"))
    exact = lost - Decimal("1e-8") >= equity * fraction
    assert ("daily_loss_percent:user" in codes(user=just_inside, limits=limits)) is exact
