"""What our rules would have done: bar by bar, a tie decided against them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from app.domain.counterfactual import Walked, WouldLeave, walk
from app.domain.exit_rules import OpenPosition, TrailingTerms
from app.domain.types import Candle, ExitReason, Side
from tests.domain.test_exit_rules import HELD

NOON = datetime(2025, 10, 1, 12, tzinfo=UTC)
STOP = Decimal(95)
RULES = replace(HELD, has_live_stop=False)
TRAILING = replace(
    RULES,
    take_profit_price=None,
    trailing=TrailingTerms(activation_fraction=Decimal("0.02"), fraction=Decimal("0.01")),
)


def bar(minute: int, first: float, high: float, low: float, last: float) -> Candle:
    at = int((NOON + timedelta(minutes=minute)).timestamp() * 1000)
    return Candle(at, first, high, low, last, 1.0)


def left(rules: OpenPosition, *bars: Candle) -> tuple[ExitReason, Decimal]:
    found = walk(Walked(rules, rules.entry_price), bars)
    assert isinstance(found, WouldLeave)
    return found.reason, found.price


def test_stop_is_filled_at_its_price() -> None:
    assert left(RULES, bar(0, 100, 101, 94, 96)) == (ExitReason.STOP_LOSS, STOP)


def test_gap_beyond_the_stop_is_filled_at_the_open() -> None:
    assert left(RULES, bar(0, 93, 94, 92, 93)) == (ExitReason.STOP_LOSS, Decimal("93.0"))


def test_gap_beyond_the_target_is_filled_at_the_open() -> None:
    assert left(RULES, bar(0, 112, 113, 94, 100)) == (ExitReason.TAKE_PROFIT, Decimal("112.0"))


def test_bar_that_holds_stop_and_target_is_a_stop() -> None:
    assert left(RULES, bar(0, 100, 111, 94, 100))[0] is ExitReason.STOP_LOSS


def test_target_is_filled_at_its_price() -> None:
    assert left(RULES, bar(0, 100, 111, 99, 105)) == (ExitReason.TAKE_PROFIT, Decimal(110))


def test_trailed_stop_follows_for_the_next_bar() -> None:
    found = left(TRAILING, bar(0, 100, 104, 99, 103.5), bar(1, 103.5, 103.6, 102, 102))
    assert found == (ExitReason.TRAILING_STOP, Decimal("103.0"))


def test_trailed_stop_is_exact_where_binary_fractions_are_not() -> None:
    terms = TrailingTerms(activation_fraction=Decimal("0.001"), fraction=Decimal("0.1"))
    found = left(replace(TRAILING, trailing=terms), bar(0, 100, 110.001, 99, 110), bar(1, 110, 110, 90, 95))
    assert found == (ExitReason.TRAILING_STOP, Decimal("99.1"))  # 99.0009, rounded toward the price


def test_stop_that_was_moved_before_is_a_trailing_stop() -> None:
    moved = replace(RULES, stop_price=Decimal(98))
    assert left(moved, bar(0, 100, 101, 97, 99)) == (ExitReason.TRAILING_STOP, Decimal(98))


def test_short_leaves_above() -> None:
    short = replace(
        RULES,
        side=Side.SHORT,
        initial_stop_price=Decimal(105),
        stop_price=Decimal(105),
        take_profit_price=Decimal(90),
    )
    assert walk(Walked(short, Decimal(100)), [bar(0, 100, 106, 99, 100)]) == WouldLeave(
        NOON, Decimal(105), ExitReason.STOP_LOSS
    )


def test_time_is_up_at_the_first_bar_from_then_on() -> None:
    timed = replace(RULES, time_exit_ms=bar(1, 1, 1, 1, 1).open_time_ms)
    assert left(timed, bar(0, 100, 101, 99, 100), bar(1, 100.5, 101, 99, 100))[0] is ExitReason.TIME_EXIT


def test_nothing_reached_keeps_the_rules_and_the_best_price() -> None:
    assert walk(Walked(RULES, Decimal(100)), [bar(0, 100, 101, 99, 100)]) == Walked(RULES, Decimal("101.0"))


def mirrored_short(**changed: object) -> OpenPosition:
    held: Any = {
        "side": Side.SHORT,
        "initial_stop_price": Decimal(105),
        "stop_price": Decimal(105),
        "take_profit_price": Decimal(90),
        **changed,
    }
    return replace(RULES, **held)


def test_a_shorts_target_is_below_and_its_stop_follows_downward() -> None:
    assert left(mirrored_short(), bar(0, 100, 101, 89, 95)) == (ExitReason.TAKE_PROFIT, Decimal(90))
    trailing = mirrored_short(take_profit_price=None, trailing=TRAILING.trailing)
    found = left(trailing, bar(0, 100, 101, 96, 96.5), bar(1, 96.5, 98, 96.4, 98))
    assert found == (ExitReason.TRAILING_STOP, Decimal("96.9"))  # 96.96, down


def test_a_rule_without_a_price_leaves_at_the_mark_that_reached_it() -> None:
    """The session closes at the bar's opening; what the bar did then is not asked."""
    closing = replace(RULES, session_close_ms=bar(1, 1, 1, 1, 1).open_time_ms)
    found = walk(Walked(closing, Decimal(100)), [bar(0, 100, 101, 99, 100), bar(1, 100.5, 109, 96, 100)])
    assert found == WouldLeave(NOON + timedelta(minutes=1), Decimal("100.5"), ExitReason.SESSION_CLOSE)


def test_a_stop_that_has_armed_in_one_bar_holds_in_the_next() -> None:
    kept = walk(Walked(TRAILING, Decimal(100)), [bar(0, 100, 104, 99, 103.5)])
    assert isinstance(kept, Walked)
    assert (kept.position.is_armed, kept.position.stop_price, kept.best) == (
        True,
        Decimal("103.0"),
        Decimal(104),
    )
