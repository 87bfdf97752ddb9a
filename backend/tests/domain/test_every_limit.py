"""Every declared limit, at every level: just inside, exactly at and just outside it."""

from dataclasses import fields, replace
from decimal import Decimal

import pytest

from app.domain.breaches import Breach
from app.domain.limit_rules import RULES
from app.domain.limit_table import BY_FIELD, BY_SETTING, EVERY_LEVEL, LIMITS, Refuses
from app.domain.limits import RefusedOrder, review
from app.domain.risk_facts import NEVER_MS, MarketFacts, OrderIntent
from app.domain.risk_limits import FIELD_NAMES, NO_OPINION, SWITCH_NAMES, LimitLevels, RiskLimits, strictest
from app.domain.types import RiskLevel
from tests.domain.examples import (
    MARKET,
    NO_LIMITS,
    OWN,
    STRATEGY,
    SYMBOL_FACTS,
    USER,
    WALLET,
    codes,
    one_limit,
    with_facts,
)
from tests.domain.limit_examples import (
    AGGREGATES,
    LATER,
    LEVELS,
    NOW,
    ORDERS,
    TINY,
    AggregateExample,
    OrderExample,
)

_BUDGETS = {"daily_loss_budget_usd", "daily_loss_budget_percent"}
_IDS = [example.field for example in AGGREGATES]
_ORDER_IDS = [example.field for example in ORDERS]


def at_level(level: RiskLevel, limits: RiskLimits) -> LimitLevels:
    return with_levels(**{level.value: limits})


def with_levels(**levels: RiskLimits) -> LimitLevels:
    return replace(NO_LIMITS, **levels)


def found_at(level: RiskLevel, changed: dict[str, object], limits: LimitLevels) -> set[str]:
    """The breaches where one level's facts are changed, the budget of the day's loss apart."""
    found = codes(
        intent=LATER,
        market=NOW,
        user=with_facts(USER, changed if level is RiskLevel.USER else {}),
        wallet=with_facts(WALLET, changed if level is RiskLevel.WALLET else {}),
        strategy=with_facts(STRATEGY, changed if level is RiskLevel.STRATEGY else {}),
        symbol=with_facts(SYMBOL_FACTS, changed if level is RiskLevel.SYMBOL else {}),
        limits=limits,
    )
    return {code for code in found if code.partition(":")[0] not in _BUDGETS}


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("example", AGGREGATES, ids=_IDS)
def test_an_aggregate_limit_inside_at_and_outside(example: AggregateExample, level: RiskLevel) -> None:
    limits = at_level(level, with_facts(one_limit(example.field, example.limit), example.beside))
    refuses = BY_FIELD[example.field].refuses
    less, at, more = (
        found_at(level, dict(example.facts(level, amount)), limits)
        for amount in (example.at - example.step, example.at, example.at + example.step)
    )
    refused, allowed = {f"{example.breach}:{level}"}, set[str]()
    assert less == (refused if refuses is Refuses.BELOW else allowed)
    assert at == (refused if refuses is Refuses.AT else allowed)
    assert more == (allowed if refuses is Refuses.BELOW else refused)


@pytest.mark.parametrize("example", AGGREGATES, ids=_IDS)
def test_an_aggregate_limit_of_the_platform_holds_against_the_user(example: AggregateExample) -> None:
    limits = at_level(RiskLevel.PLATFORM, with_facts(one_limit(example.field, example.limit), example.beside))
    beyond = example.at + (-2 if BY_FIELD[example.field].larger_is_stricter else 2) * example.step
    changed = dict(example.facts(RiskLevel.USER, beyond))
    assert found_at(RiskLevel.USER, changed, limits) == {f"{example.breach}:user"}


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("example", AGGREGATES, ids=_IDS)
def test_an_aggregate_limit_reads_its_own_levels_facts_only(
    example: AggregateExample, level: RiskLevel
) -> None:
    limits = at_level(level, with_facts(one_limit(example.field, example.limit), example.beside))
    other = LEVELS[LEVELS.index(level) - 1]
    beyond = example.at + (-2 if BY_FIELD[example.field].larger_is_stricter else 2) * example.step
    assert found_at(other, dict(example.facts(other, beyond)), limits) == set()


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("example", AGGREGATES, ids=_IDS)
def test_a_limit_whose_fact_is_missing_refuses(example: AggregateExample, level: RiskLevel) -> None:
    limits = at_level(level, with_facts(one_limit(example.field, example.limit), example.beside))
    unknown = f"{BY_FIELD[example.field].unknown}:{level}"
    assert found_at(level, {example.missing: None}, limits) == {unknown}


@pytest.mark.parametrize("level", LEVELS)
def test_a_part_of_equity_that_is_not_known_refuses_by_that_name(level: RiskLevel) -> None:
    limits = at_level(level, RiskLimits(max_portfolio_heat_fraction=Decimal("0.5")))
    assert found_at(level, {"equity": None}, limits) == {f"equity_unknown:{level}"}


@pytest.mark.parametrize("level", sorted(EVERY_LEVEL))
@pytest.mark.parametrize("example", ORDERS, ids=_ORDER_IDS)
def test_a_limit_per_trade_inside_at_and_outside(example: OrderExample, level: RiskLevel) -> None:
    def found(limit: Decimal) -> list[str]:
        limits = at_level(level, with_facts(one_limit(example.field, limit), example.beside))
        return codes(intent=example.intent, market=example.market, wallet=example.wallet, limits=limits)

    refused = [str(example.breach)]
    minimum = BY_FIELD[example.field].refuses is Refuses.BELOW
    assert found(example.limit) == []
    assert found(example.limit + example.step) == (refused if minimum else [])
    assert found(example.limit - example.step) == ([] if minimum else refused)


@pytest.mark.parametrize("example", ORDERS, ids=_ORDER_IDS)
def test_the_strictest_level_binds_a_limit_per_trade(example: OrderExample) -> None:
    minimum = BY_FIELD[example.field].refuses is Refuses.BELOW
    strict = with_facts(
        one_limit(example.field, example.limit + (TINY if minimum else -TINY)), example.beside
    )
    loose = one_limit(example.field, example.limit * (Decimal("0.5") if minimum else 2))
    for levels in (with_levels(platform=strict, symbol=loose), with_levels(user=loose, strategy=strict)):
        found = codes(intent=example.intent, market=example.market, wallet=example.wallet, limits=levels)
        assert found == [str(example.breach)]


def test_positions_of_the_wallet_are_counted_for_every_level() -> None:
    for level in LEVELS:
        limits = at_level(level, RiskLimits(max_positions_per_wallet=3))
        assert codes(wallet=replace(WALLET, open_positions=1, pending_entries=1), limits=limits) == []
        assert codes(wallet=replace(WALLET, open_positions=2, pending_entries=1), limits=limits) == [
            f"max_positions_per_wallet:{level}"
        ]
        assert codes(user=replace(USER, open_positions=9), limits=limits) == []


@pytest.mark.parametrize(
    ("intent", "market", "field", "code"),
    [
        (LATER, NOW, "max_peg_deviation_fraction", "peg_unknown"),
        (LATER, NOW, "min_liquidation_buffer_fraction", "liquidation_unknown"),
        (replace(LATER, signal_confidence=None), NOW, "min_signal_confidence", "signal_confidence_unknown"),
        (replace(LATER, take_profit_price=None), NOW, "min_risk_reward_ratio", "risk_reward_unknown"),
    ],
)
def test_a_limit_per_trade_whose_fact_is_missing_refuses(
    intent: OrderIntent, market: MarketFacts, field: str, code: str
) -> None:
    limits = at_level(RiskLevel.USER, one_limit(field, Decimal("0.01")))
    assert codes(intent=intent, market=market, limits=limits) == [code]


@pytest.mark.parametrize("field", [field for field in FIELD_NAMES if field != "max_correlation"])
@pytest.mark.parametrize("value", ["NaN", "-Infinity"])
def test_a_limit_that_is_no_number_allows_nothing(field: str, value: str) -> None:
    broken = one_limit(field, Decimal(value))
    found = codes(intent=LATER, market=NOW, limits=at_level(RiskLevel.USER, broken))
    assert {str(breach) for breach in BY_FIELD[field].breaches} & {code.partition(":")[0] for code in found}


@pytest.mark.parametrize("field", [name for name in FIELD_NAMES if BY_FIELD[name].larger_is_stricter])
def test_a_minimum_beyond_every_amount_allows_nothing(field: str) -> None:
    endless = at_level(RiskLevel.WALLET, one_limit(field, Decimal("Infinity")))
    assert codes(intent=LATER, market=NOW, limits=endless) != []


def test_a_correlation_that_is_not_known_counts_as_correlated() -> None:
    limits = at_level(RiskLevel.USER, RiskLimits(max_correlated_positions=1, max_correlation=Decimal("0.7")))
    for second in (None, Decimal("NaN"), Decimal("0.71")):
        user = replace(USER, position_correlations=(Decimal("0.9"), second))
        assert codes(user=user, limits=limits) == ["correlated_positions:user"]
    hedged = replace(USER, position_correlations=(Decimal("0.9"), Decimal("-0.9"), Decimal("0.7")))
    assert codes(user=hedged, limits=limits) == []


def test_without_a_threshold_every_open_position_counts_as_correlated() -> None:
    limits = at_level(RiskLevel.USER, RiskLimits(max_correlated_positions=1))
    user = replace(USER, position_correlations=(Decimal(-1), Decimal(-1)))
    assert codes(user=user, limits=limits) == ["correlated_positions:user"]


def test_a_symbol_never_left_needs_no_rest() -> None:
    limits = at_level(
        RiskLevel.USER,
        RiskLimits(cooldown_minutes_after_exit=Decimal(43_200), cooldown_minutes_after_loss=Decimal(43_200)),
    )
    user = replace(USER, last_exit_ms=NEVER_MS, last_loss_ms=NEVER_MS)
    assert codes(user=user, limits=limits) == []


@pytest.mark.parametrize("level", LEVELS)
def test_one_paused_level_is_enough(level: RiskLevel) -> None:
    assert codes(limits=at_level(level, RiskLimits(paused=True))) == [f"trading_paused:{level}"]
    assert codes(limits=at_level(level, RiskLimits(paused=False))) == []


@pytest.mark.parametrize("window", ["day", "week", "month"])
@pytest.mark.parametrize("level", LEVELS)
def test_a_tripped_window_stays_tripped(level: RiskLevel, window: str) -> None:
    held = {RiskLevel.USER: USER, RiskLevel.WALLET: WALLET, RiskLevel.STRATEGY: STRATEGY}.get(
        level, SYMBOL_FACTS
    )
    tripped = replace(getattr(held, window), tripped=True)
    word = {"day": "daily", "week": "weekly", "month": "monthly"}[window]
    assert found_at(level, {window: tripped}, NO_LIMITS) == {f"{word}_loss_tripped:{level}"}


def test_a_strategy_has_no_loss_of_its_own_without_its_trades() -> None:
    """The user's loss is not the strategy's: what its trades made must be known."""
    limits = at_level(RiskLevel.STRATEGY, RiskLimits(max_daily_loss_usd=Decimal(500)))
    nameless = replace(STRATEGY, day=replace(OWN, pnl=None))
    assert codes(strategy=nameless, limits=limits) == ["daily_loss_unknown:strategy"]


def test_every_limit_is_declared_and_measured_and_has_an_example() -> None:
    names = {field.name for field in fields(RiskLimits)} - set(SWITCH_NAMES)
    assert names == {declared.field for declared in LIMITS} == set(FIELD_NAMES)
    examples = {example.field for example in AGGREGATES} | {example.field for example in ORDERS}
    assert names - examples == {"max_correlation", "max_positions_per_wallet"}
    measured = [rule.breach for rule in RULES]
    declared = [breach for limit in LIMITS for breach in limit.breaches if limit.field != "max_correlation"]
    assert sorted(measured) == sorted(declared)
    assert len(measured) == len(set(measured))


def test_every_breach_has_a_sentence_with_its_figures() -> None:
    zero = {name: Decimal("0.5") for name in FIELD_NAMES}
    verdict = review(LATER, MARKET, WALLET, USER, with_levels(user=with_facts(NO_OPINION, zero)))
    assert isinstance(verdict, RefusedOrder)
    for breach in verdict.breaches:
        assert "{" not in breach.message
        assert breach.message.startswith("BTC/USDT:USDT refused: ")


def test_settings_and_limits_share_their_names() -> None:
    assert set(BY_SETTING) <= {declared.name for declared in LIMITS}
    assert all(declared.levels == EVERY_LEVEL for declared in LIMITS)
    assert len({declared.label + declared.unit for declared in LIMITS}) == len(LIMITS)


def test_permission_needs_every_opinion_and_at_least_one() -> None:
    yes, no = RiskLimits(enable_pyramiding=True), RiskLimits(enable_pyramiding=False)
    assert strictest((yes, RiskLimits())).enable_pyramiding is True
    assert strictest((yes, no)).enable_pyramiding is False
    assert strictest((RiskLimits(), RiskLimits())).enable_pyramiding is None
    assert strictest((RiskLimits(paused=False), RiskLimits(paused=True))).paused is True


def test_the_codes_of_breaches_are_stable_words() -> None:
    assert all(breach.value == breach.name.lower() for breach in Breach)
