"""What a refusal says of every breach: its limit, its value and its note; and that a batch says the same."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

import pytest

from app.domain.breaches import Breach, BreachDetail
from app.domain.funding import NextFunding
from app.domain.limit_columns import correlation_threshold
from app.domain.limits import LimitLevels, OrderIntent, RefusedOrder, ReviewRow, review, review_batch
from app.domain.position_size import SizeCap, SizeRefusal
from app.domain.risk_facts import HoursFact
from app.domain.risk_limits import RiskLimits
from app.domain.types import RiskLevel, Side, TradingState
from tests.domain.examples import (
    HELD,
    HOLDING,
    INSTRUMENT,
    INTENT,
    MARKET,
    NO_LIMITS,
    SIZE,
    STRATEGY,
    SYMBOL_FACTS,
    USER,
    WALLET,
    user_limits,
    with_facts,
)

D = Decimal
ADDING = replace(INTENT, adds=True)
ADDS = user_limits(RiskLimits(enable_pyramiding=True))
SHORT = replace(INTENT, side=Side.SHORT, stop_price=D(10_200), take_profit_price=D(9_700))
NOON_MS = 43_200_000
LONG_PAYS = replace(MARKET, funding=NextFunding(D("0.0001"), 20 * 60_000 + 30_000))
BOUNDED = replace(INSTRUMENT, min_trigger_distance_fraction=D("0.03"), max_trigger_distance_fraction=D("0.5"))
# No stop is both as far as 2 % and as near as 1 %: one at 2 % is too far.
NOWHERE_RIGHT = replace(
    INSTRUMENT, min_trigger_distance_fraction=D("0.02"), max_trigger_distance_fraction=D("0.01")
)


def row(**parts: object) -> ReviewRow:
    held: dict[str, object] = {"strategy": STRATEGY, "symbol": SYMBOL_FACTS}
    return with_facts(ReviewRow(INTENT, MARKET, WALLET, USER), held | parts)


def hours(**parts: object) -> HoursFact:
    return with_facts(HoursFact(is_open=True), parts)


def sized(**parts: object) -> OrderIntent:
    return replace(INTENT, size=with_facts(SIZE, parts))


Case = tuple[Mapping[str, object], LimitLevels, Breach, RiskLevel | None, str | None, str | None, str]
WALLETS, USERS = RiskLevel.WALLET, RiskLevel.USER
CASES: list[Case] = [
    (
        {"market": replace(MARKET, market_ms=62_500)},
        NO_LIMITS,
        Breach.SIGNAL_EXPIRED,
        None,
        None,
        "2.5",
        "2.5",
    ),
    (
        {"intent": replace(INTENT, stop_price=D(10_001))},
        NO_LIMITS,
        Breach.STOP_WRONG_SIDE,
        None,
        "10000",
        "10001",
        "",
    ),
    (
        {"intent": replace(INTENT, stop_price=D(9_950)), "market": replace(MARKET, mark_price=D(9_900))},
        *(NO_LIMITS, Breach.STOP_WRONG_SIDE, None, "9900", "9950", ""),
    ),
    (
        {"intent": replace(SHORT, stop_price=D(9_990))},
        *(NO_LIMITS, Breach.STOP_WRONG_SIDE, None, "10000", "9990", ""),
    ),
    (
        {
            "intent": replace(INTENT, take_profit_price=D(9_999)),
            "market": replace(MARKET, mark_price=D(10_100)),
        },
        *(NO_LIMITS, Breach.TARGET_WRONG_SIDE, None, "10100", "9999", ""),
    ),
    (
        {"intent": replace(SHORT, take_profit_price=D(10_001))},
        *(NO_LIMITS, Breach.TARGET_WRONG_SIDE, None, "10000", "10001", ""),
    ),
    (
        {"intent": replace(INTENT, stop_price=D("9800.05"))},
        NO_LIMITS,
        Breach.STOP_OFF_TICK,
        None,
        "0.1",
        "9800.05",
        "",
    ),
    (
        {"market": replace(MARKET, instrument=BOUNDED)},
        *(NO_LIMITS, Breach.STOP_OUTSIDE_VENUE_BOUNDS, None, "3", "2", ""),
    ),
    (
        {"market": replace(MARKET, instrument=BOUNDED), "intent": replace(INTENT, stop_price=D(4_900))},
        *(NO_LIMITS, Breach.STOP_OUTSIDE_VENUE_BOUNDS, None, "50", "51", ""),
    ),
    (
        {
            "intent": sized(
                quantity=D(0), refusal=SizeRefusal.CAPPED_TO_ZERO, binding_cap=SizeCap.MAX_LEVERAGE
            )
        },
        *(
            NO_LIMITS,
            Breach.QUANTITY_ZERO,
            None,
            None,
            "0",
            f"a cap leaves nothing; {SizeCap.MAX_LEVERAGE.value} bound",
        ),
    ),
    (
        {"intent": sized(quantity=D(0), refusal=SizeRefusal.UNDER_MIN_QUANTITY)},
        *(NO_LIMITS, Breach.QUANTITY_ZERO, None, None, "0", "(less than the venue's smallest quantity)"),
    ),
    (
        {"intent": sized(quantity=D(0))},
        NO_LIMITS,
        Breach.QUANTITY_ZERO,
        None,
        None,
        "0",
        "nothing was asked for",
    ),
    (
        {"intent": sized(quantity=D("0.1005"))},
        *(NO_LIMITS, Breach.QUANTITY_UNDER_STEP, None, "0.001", "0.1005", ""),
    ),
    (
        {"wallet": replace(WALLET, free_margin=D(99), reserved_margin=D(3))},
        *(NO_LIMITS, Breach.MARGIN_INSUFFICIENT, None, "99", "103", ""),
    ),
    ({"wallet": replace(WALLET, equity=D(-5))}, NO_LIMITS, Breach.EQUITY_UNKNOWN, WALLETS, None, "-5", ""),
    ({"user": replace(USER, equity=None)}, NO_LIMITS, Breach.EQUITY_UNKNOWN, USERS, None, None, ""),
    (
        {"wallet": replace(WALLET, trading_state=TradingState.HALTED)},
        *(NO_LIMITS, Breach.TRADING_NOT_ACTIVE, WALLETS, None, None, "its page says which"),
    ),
    (
        {"user": replace(USER, trading_state=TradingState.REDUCE_ONLY)},
        *(NO_LIMITS, Breach.TRADING_NOT_ACTIVE, USERS, None, None, "the breakers of the risk page"),
    ),
    (
        {"user": replace(USER, hours=hours(is_open=False, opens_ms=NOON_MS))},
        *(NO_LIMITS, Breach.OUTSIDE_TRADING_HOURS, USERS, None, None, "they open at 1970-01-01 12:00 UTC"),
    ),
    (
        {"wallet": replace(WALLET, hours=hours(is_open=False))},
        *(NO_LIMITS, Breach.OUTSIDE_TRADING_HOURS, WALLETS, None, None, "no opening is known"),
    ),
    (
        {"wallet": replace(WALLET, hours=hours(is_open=None))},
        *(NO_LIMITS, Breach.TRADING_HOURS_UNKNOWN, WALLETS, None, None, ""),
    ),
    (
        {"user": replace(USER, hours=hours(skip_funding_minutes=21)), "market": LONG_PAYS},
        *(NO_LIMITS, Breach.FUNDING_TOO_NEAR, USERS, "21", "20.5", ""),
    ),
    (
        {"wallet": replace(WALLET, venue_hours=hours(skip_funding_minutes=30)), "market": LONG_PAYS},
        *(NO_LIMITS, Breach.FUNDING_TOO_NEAR, RiskLevel.VENUE, "30", "20.5", ""),
    ),
    (
        {"wallet": replace(WALLET, hours=hours(skip_funding_minutes=30))},
        *(NO_LIMITS, Breach.FUNDING_UNKNOWN, WALLETS, None, None, ""),
    ),
    (
        {"intent": replace(INTENT, take_profit_price=None)},
        *(
            user_limits(RiskLimits(min_risk_reward_ratio=D(2))),
            Breach.RISK_REWARD_UNKNOWN,
            None,
            "2",
            None,
            "minimum 2",
        ),
    ),
    (
        {"intent": ADDING, "wallet": replace(HOLDING, open_trade=replace(HELD, entry_price=D(10_000)))},
        *(ADDS, Breach.PYRAMIDING_NOT_IN_PROFIT, None, "10000", "10000", ""),
    ),
    (
        {"intent": ADDING, "wallet": replace(HOLDING, open_trade=replace(HELD, risk_amount=D("0.01")))},
        *(ADDS, Breach.PYRAMIDING_STOP_AT_RISK, None, None, "0.01", ""),
    ),
    ({"intent": ADDING}, ADDS, Breach.PYRAMIDING_WITHOUT_POSITION, None, None, None, ""),
    ({"intent": ADDING, "wallet": HOLDING}, NO_LIMITS, Breach.PYRAMIDING_NOT_ENABLED, None, None, None, ""),
    (
        {"intent": ADDING, "wallet": replace(HOLDING, open_trade=replace(HELD, quantity=None))},
        *(ADDS, Breach.PYRAMIDING_WITHOUT_POSITION, None, None, None, ""),
    ),
    (
        {"intent": ADDING, "wallet": replace(HOLDING, open_trade=replace(HELD, side=Side.SHORT))},
        *(ADDS, Breach.PYRAMIDING_WITHOUT_POSITION, None, None, None, ""),
    ),
    ({"wallet": HOLDING}, NO_LIMITS, Breach.SYMBOL_ALREADY_OPEN, None, None, None, ""),
    ({"intent": replace(INTENT, entry_price=D(0))}, NO_LIMITS, Breach.PRICE_UNKNOWN, None, None, None, ""),
    ({"market": replace(MARKET, mark_price=D(0))}, NO_LIMITS, Breach.PRICE_UNKNOWN, None, None, None, ""),
    ({"intent": replace(INTENT, signal_price=D(0))}, NO_LIMITS, Breach.PRICE_UNKNOWN, None, None, None, ""),
    ({"intent": replace(INTENT, stop_price=D(0))}, NO_LIMITS, Breach.STOP_MISSING, None, None, None, ""),
    (
        {"market": replace(MARKET, mark_price=D(10_150))},
        *(user_limits(RiskLimits(max_entry_slippage_fraction=D("0.01"))), Breach.PRICE_MOVED),
        *(None, "100", "150", "bps"),
    ),
    (
        {"intent": replace(INTENT, entry_price=D("NaN")), "market": replace(MARKET, mark_price=None)},
        *(NO_LIMITS, Breach.STOP_WRONG_SIDE, None, None, "9800", ""),
    ),
    ({"intent": sized(quantity=D("NaN"))}, NO_LIMITS, Breach.QUANTITY_ZERO, None, None, None, ""),
    (
        {"market": replace(MARKET, instrument=NOWHERE_RIGHT)},
        *(NO_LIMITS, Breach.STOP_OUTSIDE_VENUE_BOUNDS, None, "1", "2", ""),
    ),
]


@pytest.mark.parametrize(
    ("parts", "limits", "code", "scope", "limit", "value", "says"),
    CASES,
    ids=[str(case[2]) for case in CASES],
)
def test_a_refusal_names_its_limit_its_value_and_why(
    parts: Mapping[str, object],
    limits: LimitLevels,
    code: Breach,
    scope: RiskLevel | None,
    limit: str | None,
    value: str | None,
    says: str,
) -> None:
    (found,) = [one for one in breaches(row(**parts), limits) if (one.code, one.scope) == (code, scope)]
    assert (found.limit, found.value) == tuple(None if one is None else D(one) for one in (limit, value))
    assert says in found.message


def breaches(asked: ReviewRow, limits: LimitLevels) -> tuple[BreachDetail, ...]:
    verdict = review(
        asked.intent, asked.market, asked.wallet, asked.user, limits, asked.strategy, asked.symbol
    )
    return tuple(verdict.breaches) if isinstance(verdict, RefusedOrder) else ()


def test_a_batch_of_all_of_them_says_the_same_of_each() -> None:
    rows = [row(**case[0]) for case in CASES]
    rows += [row(intent=ADDING, wallet=HOLDING), row(), row(intent=SHORT)]
    limits = [*(case[1] for case in CASES), ADDS, NO_LIMITS, NO_LIMITS]
    together = review_batch(rows, limits)
    for asked, held, verdict in zip(rows, limits, together, strict=True):
        found = tuple(verdict.breaches) if isinstance(verdict, RefusedOrder) else ()
        assert found == breaches(asked, held)
    assert [isinstance(verdict, RefusedOrder) for verdict in together[-3:]] == [False, False, False]


def test_a_threshold_that_is_no_number_lets_every_position_count() -> None:
    limits = user_limits(RiskLimits(max_correlation=D("NaN"), max_correlated_positions=1))
    opposite = replace(USER, position_correlations=(D(-1), D(-1)))
    assert Breach.CORRELATED_POSITIONS in {one.code for one in breaches(row(user=opposite), limits)}
    assert correlation_threshold(0) == 0
