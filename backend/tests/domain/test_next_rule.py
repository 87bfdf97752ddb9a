"""The sentence about what happens next."""

from dataclasses import replace
from decimal import Decimal

import pytest

from app.domain.next_rule import RuleFacts, next_rule
from app.domain.types import Side, TradeStatus

LONG = RuleFacts(
    side=Side.LONG,
    status=TradeStatus.PROTECTED,
    entry_price=Decimal("40686.27450980"),
    stop_price=Decimal(39_900),
    take_profit_price=None,
    trailing_enabled=True,
    trailing_armed=False,
    activation_fraction=Decimal("0.02"),
    trail_fraction=Decimal("0.015"),
    exit_requested=None,
)
SHORT = replace(LONG, side=Side.SHORT, entry_price=Decimal(100), stop_price=Decimal(110))


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        (LONG, "trails 1.5 % once the price reaches 41,500"),
        (replace(LONG, trailing_armed=True), "stop follows 1.5 % below the highest price"),
        (replace(SHORT, trailing_armed=True), "stop follows 1.5 % above the lowest price"),
        (
            replace(LONG, trailing_armed=True, take_profit_price=Decimal(42_000)),
            "stop follows 1.5 % below the highest price; sells all at 42,000",
        ),
        (replace(LONG, take_profit_price=Decimal(42_000)), "trails 1.5 % once the price reaches 41,500"),
        (replace(LONG, take_profit_price=Decimal(41_000)), "sells all at 41,000"),
        (replace(SHORT, take_profit_price=Decimal(99)), "buys all back at 99"),
        (
            replace(LONG, trailing_enabled=False, take_profit_price=Decimal(42_000)),
            "sells all at 42,000",
        ),
        (replace(LONG, trailing_enabled=False), "sells all if the price reaches its stop at 39,900"),
        (replace(LONG, exit_requested="manual"), "is being closed at market"),
        (replace(LONG, status=TradeStatus.EXITING), "is being closed at market"),
        (replace(LONG, status=TradeStatus.ENTERING), "opens once its entry order fills"),
        (replace(LONG, status=TradeStatus.NEEDS_OPERATOR), "waits for an operator"),
        (replace(LONG, status=TradeStatus.CLOSED), "nothing: it is over"),
    ],
)
def test_next_rule_says_what_comes_first(facts: RuleFacts, sentence: str) -> None:
    assert next_rule(facts) == sentence


@pytest.mark.parametrize(
    ("side", "entry", "target", "sentence"),
    [
        # The trailing stop arms 2 % in profit: at 102 and at 98.
        (Side.LONG, "100", "102", "sells all at 102"),
        (Side.LONG, "100", "102.5", "trails 1.5 % once the price reaches 102"),
        (Side.SHORT, "100", "98", "buys all back at 98"),
        (Side.SHORT, "100", "97.5", "trails 1.5 % once the price reaches 98"),
    ],
)
def test_a_target_where_the_stop_would_begin_to_follow_comes_first(
    side: Side, entry: str, target: str, sentence: str
) -> None:
    facts = replace(LONG, side=side, entry_price=Decimal(entry), take_profit_price=Decimal(target))
    assert next_rule(facts) == sentence


PARTS = replace(
    LONG, entry_price=Decimal(100), stop_price=Decimal(98), initial_stop_price=Decimal(98), scales_out=True
)
SHORT_PARTS = replace(
    PARTS, side=Side.SHORT, stop_price=Decimal("101.5"), initial_stop_price=Decimal("101.5")
)


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        # 1R is 2: the parts leave at 102, 104 and 106; the trailing stop arms at 102.
        (PARTS, "sells a part at 102 (1R)"),
        (replace(PARTS, take_profit_price=Decimal(106)), "sells a part at 102 (1R)"),
        (replace(PARTS, take_profit_price=Decimal(101)), "sells all at 101"),
        (replace(PARTS, take_profit_price=Decimal(102)), "sells all at 102"),
        (replace(PARTS, parts_taken=1), "trails 1.5 % once the price reaches 102"),
        (
            replace(PARTS, parts_taken=1, trailing_armed=True, take_profit_price=Decimal(105)),
            "stop follows 1.5 % below the highest price; sells a part at 104 (2R)",
        ),
        (replace(PARTS, parts_taken=2, trailing_enabled=False), "sells what is left at 106 (3R)"),
        (
            replace(PARTS, parts_taken=3, trailing_enabled=False),
            "sells all if the price reaches its stop at 98",
        ),
        (SHORT_PARTS, "buys back a part at 98.5 (1R)"),
        (replace(PARTS, scales_out=False), "trails 1.5 % once the price reaches 102"),
        # The entry slipped onto its stop: there is no R to count in.
        (replace(PARTS, initial_stop_price=Decimal(100)), "trails 1.5 % once the price reaches 102"),
        (replace(PARTS, initial_stop_price=None), "trails 1.5 % once the price reaches 102"),
    ],
)
def test_the_next_part_is_told_where_it_is_reached_first(facts: RuleFacts, sentence: str) -> None:
    assert next_rule(facts) == sentence
