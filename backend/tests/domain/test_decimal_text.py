"""Decimals as plain text."""

import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.decimal_text import grouped, plain, shown


@pytest.mark.parametrize(
    ("figure", "text"),
    [
        ("0E-10", "0"),
        ("1E-8", "0.00000001"),
        ("1.5000", "1.5"),
        ("4E+4", "40000"),
        ("-0.00", "0"),
        ("100", "100"),
        ("-1.10", "-1.1"),
    ],
)
def test_plain_has_no_exponent_and_no_trailing_zeros(figure: str, text: str) -> None:
    assert plain(Decimal(figure)) == text


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**15), max_value=10**15, places=10))
def test_plain_keeps_the_value_and_matches_the_documented_pattern(figure: Decimal) -> None:
    text = plain(figure)
    assert Decimal(text) == figure
    assert re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", text)


def test_plain_of_nothing_is_nothing() -> None:
    assert plain(None) is None


@pytest.mark.parametrize(
    ("figure", "text"),
    [
        ("41500.5", "41,500.5"),
        ("-1234567", "-1,234,567"),
        ("0.5", "0.5"),
        ("-0.25", "-0.25"),
        ("0", "0"),
        ("-0.00", "0"),
    ],
)
def test_grouped_has_commas_between_thousands(figure: str, text: str) -> None:
    assert grouped(Decimal(figure)) == text


@pytest.mark.parametrize(
    ("price", "text"),
    [
        ("41500", "41,500"),
        ("41512.345678901", "41,512.35"),
        ("0.12345678901", "0.1234568"),
        ("123456789.5", "123,456,790"),
        ("99.99999", "99.99999"),
        ("99.999994", "99.99999"),
        ("99.999995", "100"),
        ("12345678", "12,345,678"),
        ("12345678.9", "12,345,679"),
        ("4E+4", "40,000"),
        ("0", "0"),
        ("1E-8", "0.00000001"),
    ],
)
def test_a_price_is_shown_to_seven_digits(price: str, text: str) -> None:
    assert shown(Decimal(price)) == text
