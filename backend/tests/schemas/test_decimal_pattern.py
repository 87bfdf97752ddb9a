"""Text is described by the decimals that it may hold: those between the bounds, and no other."""

import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.schemas.decimal_pattern import decimal_pattern


@st.composite
def bounds(draw: st.DrawFn) -> tuple[Decimal, Decimal, int]:
    """A least and a greatest value with so many places; a fraction lies below another whole part."""
    places = draw(st.integers(1, 4))
    step = Decimal(1).scaleb(-places)
    least = draw(st.integers(0, 30_000) | st.just(0)) * step
    most = (
        draw(st.integers(int(least) + 1, int(least) + 20_000)) + draw(st.integers(0, 10**places - 1)) * step
    )
    return least, most, places


@given(bounds(), st.data())
def test_what_lies_between_the_bounds_is_described_and_nothing_else(
    drawn: tuple[Decimal, Decimal, int], data: st.DataObject
) -> None:
    least, most, places = drawn
    step = Decimal(1).scaleb(-places)
    near = st.sampled_from([least, most]).flatmap(
        lambda bound: st.integers(-3, 3).map(lambda steps: bound + steps * step)
    )
    value = data.draw(st.decimals(0, most * 2, places=places) | near.filter(lambda one: one >= 0))
    text = f"{value:.{places}f}"
    assert (re.fullmatch(decimal_pattern(*drawn), text) is not None) == (least <= value <= most)


@pytest.mark.parametrize("text", ["1", "1.5", "12.34", "99.99", "0.01", "0.1"])
def test_digits_that_say_nothing_may_be_left_out(text: str) -> None:
    assert re.fullmatch(decimal_pattern(Decimal("0.01"), Decimal("99.99"), 2), text)


@pytest.mark.parametrize("text", ["0", "0.0", "0.00", "100", "1.234", "1.", ".5", "-1", "01", "1e1", ""])
def test_what_is_no_such_decimal_is_not_described(text: str) -> None:
    assert not re.fullmatch(decimal_pattern(Decimal("0.01"), Decimal("99.99"), 2), text)
