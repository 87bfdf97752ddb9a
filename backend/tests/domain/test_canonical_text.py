"""One text for one value: two that are equal are written alike, and every value is read back."""

import json
from dataclasses import dataclass, replace
from decimal import Decimal

import pytest

from app.domain.canonical_text import TextWriter, from_text
from app.domain.position_size import CapStep, SizeCap
from app.domain.risk_facts import LossWindow, MarketFacts
from app.domain.types import Side
from tests.domain.examples import DAY, MARKET, NO_LIMITS, USER, WALLET


@pytest.mark.parametrize(
    ("figure", "text"),
    [
        ("0", '"0"'),
        ("-0", '"0"'),
        ("0.00", '"0"'),
        ("0E-8", '"0"'),
        ("1E-8", '"0.00000001"'),
        ("4E+4", '"40000"'),
        ("40000", '"40000"'),
        ("-1.50", '"-1.5"'),
        ("100", '"100"'),
    ],
)
def test_a_decimal_is_its_plain_digits_alone_and_as_a_field(figure: str, text: str) -> None:
    writer = TextWriter()
    assert writer.text(Decimal(figure)) == text
    assert writer.text(LossWindow(Decimal(figure))).endswith(
        f'"start_equity":{text},"tripped":false,"withdrawals":"0"}}'
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.5, "1.5"),
        (0.1 + 0.2, "0.30000000000000004"),
        (float("inf"), '"inf"'),
        (float("nan"), '"nan"'),
        (True, "true"),
        (False, "false"),
        (None, "null"),
        (7, "7"),
        ("Zürich €", '"Zürich €"'),
        ('a "word"', '"a \\"word\\""'),
        (Side.LONG, '"long"'),
        ((Decimal("1.0"), None, Decimal(2)), '["1",null,"2"]'),
    ],
)
def test_other_values_are_written_as_json_and_no_number_as_a_word(value: object, text: str) -> None:
    assert TextWriter().text(value) == text


def test_an_age_that_is_endless_is_read_back() -> None:
    endless = replace(MARKET, price_age_seconds=float("inf"))
    assert from_text(MarketFacts, json.loads(TextWriter().text(endless))) == endless


def test_a_value_reads_the_same_written_again_beside_others_and_by_itself() -> None:
    writer = TextWriter()
    other = replace(DAY, start_equity=Decimal(1))
    together = [writer.text(one) for one in (DAY, other, DAY, NO_LIMITS, USER, NO_LIMITS, WALLET, other)]
    apart = [TextWriter().text(one) for one in (DAY, other, DAY, NO_LIMITS, USER, NO_LIMITS, WALLET, other)]
    assert together == apart
    assert together[0] != together[1]


@dataclass(frozen=True)
class Single:
    """One field, which is not written where it is None."""

    name: str | None


def test_a_field_that_is_none_is_left_away() -> None:
    assert TextWriter().text(Single("x")) == '{"name":"x"}'
    assert TextWriter().text(Single(None)) == "{}"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (CapStep(SizeCap.FREE_MARGIN, Decimal("10.50")), '{"cap":"free_margin","notional":"10.5"}'),
        (CapStep(SizeCap.MAX_LEVERAGE, Decimal(0)), '{"cap":"max_leverage","notional":"0"}'),
        (
            LossWindow(Decimal("1E+3"), Decimal("0.10"), Decimal("2.00"), True),
            '{"deposits":"0.1","start_equity":"1000","tripped":true,"withdrawals":"2"}',
        ),
        (
            LossWindow(Decimal(7), pnl=Decimal("-3.20")),
            '{"deposits":"0","pnl":"-3.2","start_equity":"7","tripped":false,"withdrawals":"0"}',
        ),
        (
            LossWindow(Decimal(7), pnl=Decimal(0)),
            '{"deposits":"0","pnl":"0","start_equity":"7","tripped":false,"withdrawals":"0"}',
        ),
    ],
)
def test_caps_and_windows_are_written_with_every_field_that_is_known(value: object, text: str) -> None:
    assert TextWriter().text(value) == text


def test_a_whole_number_that_stands_for_a_decimal_stays_one() -> None:
    text = '{"deposits":3,"pnl":-4,"start_equity":7,"tripped":false,"withdrawals":0}'
    assert TextWriter().text(from_text(LossWindow, json.loads(text))) == text
    cap = '{"cap":"max_leverage","notional":20}'
    assert TextWriter().text(from_text(CapStep, json.loads(cap))) == cap
