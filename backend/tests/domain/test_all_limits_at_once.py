"""Every limit at every level at once: an order that uses exactly what is allowed, and one that uses a hair more."""

from dataclasses import replace
from decimal import Decimal

import pytest

from app.domain.limit_table import BY_FIELD, Refuses
from app.domain.limits import FEW, ApprovedOrder, LimitLevels, RefusedOrder, ReviewRow, review_batch
from app.domain.risk_facts import LossWindow
from app.domain.risk_limits import RiskLimits
from tests.domain.examples import STRATEGY, SYMBOL_FACTS, USER, WALLET, with_facts
from tests.domain.limit_examples import LATER, LEVELS, NOW, NOW_MS, TINY

D = Decimal
HELD = {
    "equity": D(9_600),
    "open_positions": 3,
    "pending_entries": 1,
    "positions_in_strategy": 2,
    "positions_in_symbol": 1,
    "notional": D(3_000),
    "reserved_notional": D(800),
    "open_risk": D(860),
    "reserved_risk": D(80),
    "asset_notional": D(920),
    "margin_used": D(800),
    "reserved_margin": D(60),
    "peak_equity": D(12_000),
    "consecutive_losses": 3,
    "trades_today": 9,
    "orders_last_minute": 5,
    "last_exit_ms": NOW_MS - 30 * 60_000,
    "last_loss_ms": NOW_MS - 60 * 60_000,
    "position_correlations": (D("0.7"), D("0.700001"), D("0.700001")),
}
# Of the equity now: 400 lost today, 1 000 this week beside a deposit, 2 400 this month beside a withdrawal.
DAY = LossWindow(D(10_000))
WEEK = LossWindow(D(10_000), deposits=D(600))
MONTH = LossWindow(D(12_500), withdrawals=D(500))
OWN = HELD | {"day": DAY, "week": WEEK, "month": MONTH}
TRADED = HELD | {
    "book_equity": D(9_600),
    "day": replace(DAY, pnl=D(-400)),
    "week": replace(WEEK, pnl=D(-1_000)),
    "month": replace(MONTH, pnl=D(-2_400)),
}
ROW = ReviewRow(
    replace(LATER, signal_price=D(8_000), liquidation_price=D(9_700)),
    replace(NOW, quote_usd_price=D("0.99")),
    with_facts(WALLET, OWN),
    with_facts(USER, OWN),
    with_facts(STRATEGY, TRADED),
    with_facts(SYMBOL_FACTS, TRADED),
)
# The order is 1 000 of notional, 100 of margin and 20 at risk: the strictest limits under which it may still be made.
OF_ORDER = {
    "max_position_size_usd": ("1000", "max_position_size_usd"),
    "max_position_size_fraction": ("0.10416667", "max_position_size_percent"),  # 1 000 of 9 600
    "max_position_size_lots": ("0.1", "max_position_size_lots"),
    "max_risk_per_trade_fraction": ("0.00208334", "max_risk_per_trade"),  # 20 of 9 600
    "max_order_notional_usd": ("1000", "max_order_notional"),
    "max_leverage": ("0.5", "max_leverage"),  # 3 000 + 800 + 1 000 of 9 600
    "min_signal_confidence": ("0.8", "signal_confidence"),
    "min_risk_reward_ratio": ("1.5", "risk_reward"),
    "max_price_age_seconds": ("1", "price_stale"),
    "max_balance_age_seconds": ("1", "balance_stale"),
    "max_entry_slippage_fraction": ("0.25", "price_moved"),
    "min_stop_distance_ticks": ("2000", "stop_too_near"),
    "max_stop_distance_fraction": ("0.02", "stop_too_far"),
    "min_liquidation_buffer_fraction": ("0.01", "liquidation_near"),
    "max_peg_deviation_fraction": ("0.01", "peg_broken"),
}
OF_LEVELS = {
    "max_portfolio_heat_fraction": ("0.5", "portfolio_heat"),  # 3 000 + 800 + 1 000
    "max_open_risk_fraction": ("0.1", "open_risk"),  # 860 + 80 + 20
    "max_margin_utilisation_fraction": ("0.1", "margin_utilisation"),  # 800 + 60 + 100
    "max_single_asset_exposure_fraction": ("0.2", "single_asset_exposure"),  # 920 + 1 000
    "max_open_positions": ("5", "max_open_positions"),
    "max_positions_per_wallet": ("5", "max_positions_per_wallet"),
    "max_positions_per_strategy": ("3", "max_positions_per_strategy"),
    "max_positions_per_symbol": ("2", "max_positions_per_symbol"),
    "max_correlated_positions": ("2", "correlated_positions"),
    "max_daily_loss_usd": ("500", "daily_loss_budget_usd"),  # 400 + 80 + 20
    "max_daily_loss_fraction": ("0.05", "daily_loss_budget_percent"),
    "max_weekly_loss_usd": (
        "1000.00000001",
        "weekly_loss_usd",
    ),  # a loss is refused where it reaches its limit
    "max_weekly_loss_fraction": ("0.10000001", "weekly_loss_percent"),  # of 10 000, whatever was paid in
    "max_monthly_loss_usd": ("2400.00000001", "monthly_loss_usd"),
    "max_monthly_loss_fraction": ("0.20000001", "monthly_loss_percent"),  # of 12 000
    "max_drawdown_fraction": ("0.20000001", "max_drawdown"),
    "max_consecutive_losses": ("3.00000001", "consecutive_losses"),
    "max_trades_per_day": ("10", "max_trades_per_day"),
    "max_orders_per_minute": ("6", "order_rate"),
    "cooldown_minutes_after_exit": ("30", "cooldown_after_exit"),
    "cooldown_minutes_after_loss": ("60", "cooldown_after_loss"),
}
STRICTEST = {field: D(limit) for field, (limit, _) in (OF_ORDER | OF_LEVELS).items()}
# An entry is no addition and no step of a ladder, so that limits of zero let it pass.
NOTHING_MORE = {"max_correlation": D("0.7"), "max_adds_per_trade": D(0), "max_dca_steps": D(0)}


def everywhere(limits: dict[str, Decimal]) -> LimitLevels:
    opinion = with_facts(RiskLimits(), limits | NOTHING_MORE)
    return LimitLevels(RiskLimits(), opinion, opinion, opinion, opinion)


def tightened(field: str, by: Decimal) -> Decimal:
    return STRICTEST[field] + (by if BY_FIELD[field].refuses is Refuses.BELOW else -by)


AT = everywhere(STRICTEST)
OUTSIDE = everywhere({field: tightened(field, TINY) for field in STRICTEST})


def codes_of(verdict: ApprovedOrder | RefusedOrder) -> set[str]:
    breaches = verdict.breaches if isinstance(verdict, RefusedOrder) else ()
    return {f"{one.code}:{one.scope}" if one.scope else str(one.code) for one in breaches}


EVERY_BREACH = {code for _, code in OF_ORDER.values()} | {
    f"{code}:{level}" for _, code in OF_LEVELS.values() for level in LEVELS
}


@pytest.mark.parametrize("asked", [[AT], [OUTSIDE], [AT, OUTSIDE, AT, AT, AT] * FEW])
def test_all_limits_bind_at_every_level_and_none_before_it_is_crossed(asked: list[LimitLevels]) -> None:
    found = [codes_of(verdict) for verdict in review_batch([ROW] * len(asked), asked)]
    assert found == [EVERY_BREACH if limits is OUTSIDE else set() for limits in asked]


@pytest.mark.parametrize("rows", [1, 5 * FEW])
def test_a_days_loss_that_has_reached_its_limit_is_said_without_its_budget(rows: int) -> None:
    reached = everywhere(STRICTEST | {"max_daily_loss_usd": D(400), "max_daily_loss_fraction": D("0.04")})
    spent = everywhere(STRICTEST | {"max_daily_loss_usd": D("400.00000001")})
    asked = ([reached, spent, AT, reached, spent] * FEW)[:rows]
    lost = {f"daily_loss_{unit}:{level}" for unit in ("usd", "percent") for level in LEVELS}
    budget = {f"daily_loss_budget_usd:{level}" for level in LEVELS}
    found = [codes_of(verdict) for verdict in review_batch([ROW] * len(asked), asked)]
    assert found == ([lost, budget, set(), lost, budget] * FEW)[:rows]


def test_every_limit_is_among_them() -> None:
    assert set(STRICTEST) | set(NOTHING_MORE) == set(BY_FIELD)
