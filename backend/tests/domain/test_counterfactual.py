"""What our rules would have done: bar by bar, a tie decided against them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from app.domain.counterfactual import ExitRules, WouldLeave, walk
from app.domain.types import Candle, ExitReason, Side

NOON = datetime(2025, 10, 1, 12, tzinfo=UTC)
STOP = Decimal(95)
RULES = ExitRules(
    side=Side.LONG,
    entry_price=Decimal(100),
    stop_price=STOP,
    take_profit_price=Decimal(110),
    trailing_activation_fraction=None,
    trailing_fraction=None,
    trailing_armed=False,
    extreme_price=Decimal(100),
    price_tick=Decimal("0.1"),
    leave_at=None,
)


def bar(minute: int, first: float, high: float, low: float, last: float) -> Candle:
    at = int((NOON + timedelta(minutes=minute)).timestamp() * 1000)
    return Candle(at, first, high, low, last, 1.0)


def left(rules: ExitRules, *bars: Candle) -> tuple[ExitReason, Decimal]:
    found = walk(rules, bars, STOP)
    assert isinstance(found, WouldLeave)
    return found.reason, found.price


def test_stop_is_filled_at_its_price() -> None:
    assert left(RULES, bar(0, 100, 101, 94, 96)) == (ExitReason.STOP_LOSS, STOP)


def test_gap_beyond_the_stop_is_filled_at_the_open() -> None:
    assert left(RULES, bar(0, 93, 94, 92, 93)) == (ExitReason.STOP_LOSS, Decimal("93.0"))


def test_bar_that_holds_stop_and_target_is_a_stop() -> None:
    assert left(RULES, bar(0, 100, 111, 94, 100))[0] is ExitReason.STOP_LOSS


def test_target_is_filled_at_its_price() -> None:
    assert left(RULES, bar(0, 100, 111, 99, 105)) == (ExitReason.TAKE_PROFIT, Decimal(110))


def test_trailed_stop_follows_for_the_next_bar() -> None:
    trailing = replace(
        RULES,
        take_profit_price=None,
        trailing_activation_fraction=Decimal("0.02"),
        trailing_fraction=Decimal("0.01"),
    )
    found = left(trailing, bar(0, 100, 104, 99, 103.5), bar(1, 103.5, 103.6, 102, 102))
    assert found == (ExitReason.TRAILING_STOP, Decimal("103.0"))


def test_short_leaves_above() -> None:
    short = replace(RULES, side=Side.SHORT, stop_price=Decimal(105), take_profit_price=Decimal(90))
    assert walk(short, [bar(0, 100, 106, 99, 100)], Decimal(105)) == WouldLeave(
        NOON, Decimal(105), ExitReason.STOP_LOSS
    )


def test_time_is_up_at_the_first_bar_from_then_on() -> None:
    timed = replace(RULES, leave_at=NOON + timedelta(minutes=1))
    assert left(timed, bar(0, 100, 101, 99, 100), bar(1, 100.5, 101, 99, 100))[0] is ExitReason.TIME_EXIT


def test_nothing_reached_keeps_the_rules() -> None:
    assert walk(RULES, [bar(0, 100, 101, 99, 100)], STOP) == RULES
