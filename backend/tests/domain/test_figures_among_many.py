"""The figures of a refusal are the order's own, however many orders are decided beside it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.breaches import BreachDetail
from app.domain.limit_checks import BLOCK
from app.domain.limit_table import BY_FIELD
from app.domain.limits import (
    FEW,
    ApprovedOrder,
    Breach,
    LimitLevels,
    RefusedOrder,
    ReviewRow,
    RiskLimits,
    review_batch,
)
from app.domain.risk_facts import HoursFact
from app.domain.risk_limits import FIELD_NAMES
from app.domain.types import RiskLevel
from tests.domain.examples import (
    INTENT,
    MARKET,
    NO_LIMITS,
    STRATEGY,
    SYMBOL_FACTS,
    USER,
    WALLET,
    one_limit,
    user_limits,
    wallet_limits,
    with_facts,
)
from tests.domain.limit_examples import AGGREGATES, LATER, LEVELS, NOW, ORDERS, AggregateExample, OrderExample

D = Decimal
Asked = tuple[ReviewRow, LimitLevels]
CALM = ReviewRow(LATER, NOW, WALLET, USER, STRATEGY, SYMBOL_FACTS)


def asked_of(level: RiskLevel, example: AggregateExample) -> Asked:
    """An order with which one level is well beyond that limit."""
    beyond = example.at + (-2 if BY_FIELD[example.field].larger_is_stricter else 2) * example.step
    facts = {level.value: with_facts(getattr(CALM, level.value), dict(example.facts(level, beyond)))}
    opinion = with_facts(one_limit(example.field, example.limit), example.beside)
    return with_facts(CALM, facts), with_facts(NO_LIMITS, {level.value: opinion})


def asked_alone(example: OrderExample) -> Asked:
    """An order that is a step beyond that limit."""
    by = example.step if BY_FIELD[example.field].larger_is_stricter else -example.step
    opinion = with_facts(one_limit(example.field, example.limit + by), example.beside)
    return ReviewRow(example.intent, example.market, example.wallet, USER), user_limits(opinion)


# 480.00000001 are lost today, to which the order would add 20; and seven positions where three are allowed.
SPENT = ReviewRow(INTENT, MARKET, WALLET, replace(USER, equity=D("9519.99999999")))
DAYS = user_limits(RiskLimits(max_daily_loss_usd=D(500), max_daily_loss_fraction=D("0.05")))
SEVEN = ReviewRow(INTENT, MARKET, replace(WALLET, open_positions=7), USER)
THREE = wallet_limits(RiskLimits(max_positions_per_wallet=3))
BEYOND = [
    *[asked_of(level, example) for example in AGGREGATES for level in LEVELS],
    *[asked_alone(example) for example in ORDERS],
    (SPENT, DAYS),
    (SEVEN, THREE),
]


def breaches_of(verdict: ApprovedOrder | RefusedOrder) -> tuple[BreachDetail, ...]:
    return verdict.breaches if isinstance(verdict, RefusedOrder) else ()


def told(asked: Sequence[Asked]) -> list[tuple[BreachDetail, ...]]:
    verdicts = review_batch([row for row, _ in asked], [limits for _, limits in asked])
    return [breaches_of(verdict) for verdict in verdicts]


ALONE = [told([one])[0] for one in BEYOND]


def test_every_limit_is_crossed_and_told_with_both_figures() -> None:
    crossed = {breach.code: breach for breaches in ALONE for breach in breaches}
    for field in FIELD_NAMES:
        for code in BY_FIELD[field].breaches:
            assert crossed[code].limit is not None
            assert crossed[code].value is not None


def test_some_and_all_of_them_are_told_what_each_is_told_alone() -> None:
    by_few = [found for start in range(0, len(BEYOND), FEW) for found in told(BEYOND[start : start + FEW])]
    assert by_few == ALONE
    assert told(BEYOND) == ALONE


@given(st.lists(st.integers(0, len(BEYOND) - 1), min_size=1, max_size=4 * FEW))
def test_in_any_company_and_any_place(places: list[int]) -> None:
    assert told([BEYOND[place] for place in places]) == [ALONE[place] for place in places]


@given(
    st.lists(st.tuples(st.integers(0, len(BEYOND) - 1), st.integers(0, len(BEYOND) - 1)), min_size=FEW + 1)
)
def test_under_the_limits_of_another(pairs: list[tuple[int, int]]) -> None:
    mixed = [(BEYOND[one][0], BEYOND[other][1]) for one, other in pairs]
    assert told(mixed) == [told([one])[0] for one in mixed]


@pytest.mark.parametrize("count", [1, FEW, FEW + 1, BLOCK + 1])
def test_each_of_a_batch_is_told_its_own_heat(count: int) -> None:
    """The order is 1 000, the level holds 4 001, 4 002, ... of an equity of 10 000, of which half is allowed."""
    limits = user_limits(RiskLimits(max_portfolio_heat_fraction=D("0.5")))
    rows = [ReviewRow(INTENT, MARKET, WALLET, replace(USER, notional=D(4_001 + at))) for at in range(count)]
    found = [breach for breaches in told([(row, limits) for row in rows]) for breach in breaches]
    assert {(one.code, one.limit, one.scope) for one in found} == {
        (Breach.PORTFOLIO_HEAT, D(50), RiskLevel.USER)
    }
    assert [one.value for one in found] == [D(5_001 + at) / 100 for at in range(count)]


@pytest.mark.parametrize("count", [1, FEW + 1])
def test_each_level_is_told_its_own_limit_and_not_the_strictest(count: int) -> None:
    limits = with_facts(
        NO_LIMITS, {level.value: RiskLimits(max_open_positions=at) for at, level in enumerate(LEVELS)}
    )
    many = {"open_positions": 9, "pending_entries": 0}
    facts = {level.value: with_facts(getattr(CALM, level.value), many) for level in LEVELS}
    for breaches in told([(with_facts(CALM, facts), limits)] * count):
        assert [(one.scope, one.limit, one.value) for one in breaches] == [
            (level, D(at), D(9)) for at, level in enumerate(LEVELS)
        ]


@pytest.mark.parametrize("count", [1, FEW + 1])
def test_closed_hours_refuse_where_everybody_has_a_schedule(count: int) -> None:
    closed = replace(CALM, user=replace(USER, hours=HoursFact(is_open=False, opens_ms=43_200_000)))
    for breaches in told([(closed, NO_LIMITS)] * count):
        (found,) = breaches
        assert (found.code, found.scope) == (Breach.OUTSIDE_TRADING_HOURS, RiskLevel.USER)
        assert "they open at 1970-01-01 12:00 UTC" in found.message


OWN_FIGURES: dict[str, tuple[Mapping[str, object], Breach, RiskLevel | None, str | None, str | None]] = {
    "what is free, and what it needs with what is reserved": (
        {"wallet": replace(WALLET, free_margin=D(99), reserved_margin=D(3))},
        *(Breach.MARGIN_INSUFFICIENT, None, "99", "103"),
    ),
    "an equity below nothing": (
        {"wallet": replace(WALLET, equity=D(-5))},
        *(Breach.EQUITY_UNKNOWN, RiskLevel.WALLET, None, "-5"),
    ),
    "the market beyond which the stop must stay": (
        {"intent": replace(INTENT, stop_price=D(9_950)), "market": replace(MARKET, mark_price=D(9_900))},
        *(Breach.STOP_WRONG_SIDE, None, "9900", "9950"),
    ),
}


@pytest.mark.parametrize(("parts", "code", "scope", "limit", "value"), OWN_FIGURES.values(), ids=OWN_FIGURES)
@pytest.mark.parametrize("others", [0, 1, FEW, BLOCK])
def test_the_last_of_many_is_told_its_own_figures(
    parts: Mapping[str, object],
    code: Breach,
    scope: RiskLevel | None,
    limit: str | None,
    value: str | None,
    others: int,
) -> None:
    calm = ReviewRow(INTENT, MARKET, WALLET, USER)
    *approved, breaches = told([*[(calm, NO_LIMITS)] * others, (with_facts(calm, parts), NO_LIMITS)])
    assert approved == [()] * others
    (found,) = [one for one in breaches if (one.code, one.scope) == (code, scope)]
    assert (found.limit, found.value) == tuple(None if one is None else D(one) for one in (limit, value))
