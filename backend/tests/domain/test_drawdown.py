"""Drawdown: transfers move the peak, results do not."""

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.drawdown import book_equity, drawdown_fraction, peak_after, peak_after_flow

_equity = st.decimals(min_value="0.01", max_value=1_000_000, places=8)


def test_the_peak_never_falls() -> None:
    assert peak_after(None, Decimal(90)) == 90
    assert peak_after(Decimal(100), Decimal(90)) == 100
    assert peak_after(Decimal(100), Decimal(110)) == 110


def test_drawdown_is_of_the_peak_and_undefined_without_one() -> None:
    assert drawdown_fraction(Decimal(100), Decimal(85)) == Decimal("0.15")
    assert drawdown_fraction(Decimal(100), Decimal(120)) == 0
    assert drawdown_fraction(None, Decimal(85)) is None
    assert drawdown_fraction(Decimal(100), None) is None
    assert drawdown_fraction(Decimal(0), Decimal(0)) is None


def test_a_withdrawal_is_no_drawdown_and_a_deposit_hides_none() -> None:
    # 90 of 100: 10 % down, before and after half is taken out, or as much again paid in.
    assert peak_after_flow(Decimal(100), Decimal(90), Decimal(-45)) == 50
    assert peak_after_flow(Decimal(100), Decimal(90), Decimal(90)) == 200


def test_a_flow_into_nothing_begins_anew() -> None:
    assert peak_after_flow(Decimal(100), Decimal(0), Decimal(50)) == 50
    assert peak_after_flow(Decimal(100), Decimal(-5), Decimal(50)) == 45
    assert peak_after_flow(Decimal(100), Decimal(50), Decimal(-50)) == 0


@given(peak=_equity, equity=_equity, flow=st.decimals(min_value=-1_000, max_value=1_000_000, places=8))
@settings(max_examples=100, deadline=None)
def test_a_flow_leaves_the_drawdown_as_it_was(peak: Decimal, equity: Decimal, flow: Decimal) -> None:
    peak, after = max(peak, equity), equity + flow
    if after < Decimal("0.01"):
        return
    before = drawdown_fraction(peak, equity)
    moved = drawdown_fraction(peak_after_flow(peak, equity, flow), after)
    assert before is not None
    assert moved is not None
    assert abs(moved - before) <= Decimal("1e-8") / after + Decimal("1e-15")


def test_a_book_gives_back_from_the_most_that_its_trades_made() -> None:
    # 300 at best, 120 realised and 30 lost in open trades now: 210 given back, of a user who had 10,000.
    assert book_equity(Decimal(10_000), Decimal(120), Decimal(300), Decimal(-30)) == 9_790


def test_a_book_at_a_new_highest_has_given_nothing_back() -> None:
    assert book_equity(Decimal(10_000), Decimal(120), Decimal(300), Decimal(200)) == 10_000
    assert book_equity(Decimal(10_000), Decimal(0), Decimal(0), Decimal(0)) == 10_000


def test_a_book_without_a_price_or_a_peak_is_not_known() -> None:
    assert book_equity(Decimal(10_000), Decimal(0), Decimal(0), None) is None
    assert book_equity(None, Decimal(0), Decimal(0), Decimal(0)) is None


def test_a_withdrawal_of_everything_but_a_cent_keeps_the_peak_in_proportion() -> None:
    """One unit more or less on the edge of nothing: only what is truly left counts."""
    assert peak_after_flow(Decimal(200), Decimal("0.01"), Decimal("0.01")) == 400
    assert peak_after_flow(Decimal(200), Decimal(100), Decimal("-99.99")) == Decimal("0.02")
