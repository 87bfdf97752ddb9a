"""What the ledger lets a scope come to: what it counts now and the room that the facts leave under each limit."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID

import pytest

from app.domain.risk_case import RiskCase
from app.domain.risk_facts import LossWindow, ScopeFacts
from app.domain.risk_limits import NO_OPINION, LimitLevels, RiskLimits
from app.repositories.gate_rows import NO_USAGE, UsageRow
from app.services.trading.ceilings import ceilings_of
from tests.domain.books import Drawing

Scope = TypeVar("Scope", bound=ScopeFacts)
USER, WALLET = UUID(int=1), UUID(int=2)
FIGURES = ("positions", "notional", "margin", "open_risk", "loss_budget")
HELD: dict[str, object] = {
    "equity": Decimal(10_000),
    "open_positions": 2,
    "pending_entries": 1,
    "positions_in_strategy": 2,
    "positions_in_symbol": 1,
    "notional": Decimal(3_000),
    "reserved_notional": Decimal(500),
    "open_risk": Decimal(60),
    "reserved_risk": Decimal(20),
    "asset_notional": Decimal(1_200),
    "margin_used": Decimal(300),
    "reserved_margin": Decimal(50),
    "day": LossWindow(Decimal(10_200), deposits=Decimal(100), withdrawals=Decimal(200)),
}
COUNTED = UsageRow(
    scope="",
    scope_key="",
    positions=4,
    notional=Decimal(3_600),
    margin=Decimal(360),
    open_risk=Decimal(81),
    consecutive_losses=0,
    version=7,
)
BOUND = RiskLimits(
    max_open_positions=5,
    max_portfolio_heat_fraction=Decimal("0.4"),
    max_margin_utilisation_fraction=Decimal("0.05"),
    max_open_risk_fraction=Decimal("0.01"),
    max_daily_loss_usd=Decimal(300),
)
SCOPES = {"user": "", "wallet": str(WALLET), "strategy": "own", "symbol": ""}


def holding(scope: Scope, facts: Mapping[str, object]) -> Scope:
    changed: Any = {name: value for name, value in facts.items() if hasattr(scope, name)}
    return replace(scope, **changed)


def case(limits: LimitLevels, **facts: object) -> RiskCase:
    """Each of the four scopes holds the same, or as `facts` say."""
    drawn, held = Drawing(1, gaps=0).case(), HELD | facts
    return replace(
        drawn,
        limits=limits,
        user=holding(drawn.user, held),
        wallet=holding(drawn.wallet, {"free_margin": None, **held}),
        strategy=holding(drawn.strategy, held),
        symbol=holding(drawn.symbol, held),
    )


def ceilings(asked: RiskCase, used: UsageRow = COUNTED) -> dict[str, tuple[Decimal | int | None, ...]]:
    """The figures of each scope."""
    keys = {**SCOPES, "symbol": asked.order.symbol}
    usage = dict.fromkeys(keys.items(), used)
    rows = ceilings_of(asked, USER, WALLET, "own", usage)
    assert [(row.scope, row.scope_key) for row in rows] == list(keys.items())
    assert {(row.user_id, row.environment, row.expected) for row in rows} == {
        (USER, asked.order.environment.value, used.version)
    }
    return {row.scope: tuple(getattr(row, name) for name in FIGURES) for row in rows}


def levels(**of: RiskLimits) -> LimitLevels:
    nothing = dict.fromkeys(("platform", *SCOPES), NO_OPINION)
    return LimitLevels(**(nothing | of))


@pytest.mark.parametrize("scope", SCOPES)
def test_the_ledger_may_come_to_what_it_counts_and_the_room_of_the_facts(scope: str) -> None:
    """5 positions of which 3 are taken; 4,000 of which 3,500; 500 of which 350; 100 of which 80; and of the day's
    300 a hundred are lost and 20 reserved."""
    found = ceilings(case(levels(**{scope: BOUND})))
    assert found.pop(scope) == (6, Decimal(4_100), Decimal(510), Decimal(101), Decimal(261))
    assert set(found.values()) == {(None,) * 5}


@pytest.mark.parametrize(
    ("limits", "budget"),
    [
        (RiskLimits(max_daily_loss_usd=Decimal(200)), 161),
        (RiskLimits(max_daily_loss_fraction=Decimal("0.02")), 161),
        (RiskLimits(max_daily_loss_usd=Decimal(190), max_daily_loss_fraction=Decimal("0.02")), 151),
        (RiskLimits(max_daily_loss_usd=Decimal(190), max_daily_loss_fraction=Decimal("0.01")), 61),
    ],
)
def test_the_days_loss_leaves_room_in_dollars_or_as_a_part_of_what_the_day_began_with(
    limits: RiskLimits, budget: int
) -> None:
    """The day began with 10,200, of which 200 were paid out: a fiftieth is 200, less 120."""
    found = ceilings(case(levels(user=limits)))
    assert found["user"] == (None, None, None, None, Decimal(budget))


def test_a_scopes_own_result_of_the_day_counts_where_it_has_no_equity() -> None:
    day = LossWindow(Decimal(10_200), pnl=Decimal(-30))
    found = ceilings(case(levels(strategy=RiskLimits(max_daily_loss_usd=Decimal(300))), day=day))
    assert found["strategy"] == (None, None, None, None, Decimal(81 + 300 - 30 - 20))


@pytest.mark.parametrize(
    ("limits", "scope", "expected"),
    [
        (RiskLimits(max_positions_per_wallet=4), "wallet", (5, None, None, None, None)),
        (RiskLimits(max_positions_per_strategy=4), "strategy", (6, None, None, None, None)),
        (RiskLimits(max_positions_per_symbol=4), "symbol", (7, None, None, None, None)),
        (RiskLimits(max_leverage=1), "wallet", (None, Decimal(10_100), None, None, None)),
        (
            RiskLimits(max_single_asset_exposure_fraction=Decimal("0.15")),
            "symbol",
            (None, Decimal(3_900), None, None, None),
        ),
    ],
)
def test_a_users_limit_binds_in_the_scope_that_it_counts(
    limits: RiskLimits, scope: str, expected: tuple[Decimal | int | None, ...]
) -> None:
    found = ceilings(case(levels(user=limits)))
    assert found.pop(scope) == expected
    assert set(found.values()) == {(None,) * 5}


def test_the_narrower_of_two_limits_binds_and_free_margin_is_one() -> None:
    user = RiskLimits(max_positions_per_wallet=4, max_single_asset_exposure_fraction=Decimal("0.15"))
    symbol = RiskLimits(max_single_asset_exposure_fraction=Decimal("0.13"))
    found = ceilings(case(levels(user=user, wallet=BOUND, symbol=symbol), free_margin=Decimal(90)))
    assert found["wallet"] == (5, Decimal(4_100), Decimal(400), Decimal(101), Decimal(261))
    assert found["symbol"] == (None, Decimal(3_700), None, None, None)


def test_free_margin_alone_is_a_ceiling() -> None:
    found = ceilings(case(levels(), free_margin=Decimal(90)))
    assert found.pop("wallet") == (None, None, Decimal(400), None, None)
    assert set(found.values()) == {(None,) * 5}


def test_where_nothing_limits_or_nothing_is_known_there_is_no_ceiling() -> None:
    assert set(ceilings(case(levels())).values()) == {(None,) * 5}
    unknown = dict.fromkeys(HELD)
    everywhere = levels(user=BOUND, wallet=BOUND, strategy=BOUND, symbol=BOUND)
    assert set(ceilings(case(everywhere, **unknown)).values()) == {(None,) * 5}


def test_a_scope_that_the_ledger_does_not_know_begins_at_nothing() -> None:
    found = ceilings(case(levels(user=BOUND)), NO_USAGE)
    assert found["user"] == (2, Decimal(500), Decimal(150), Decimal(20), Decimal(180))
