"""Which part of somebody else's fill touched what is ours: every unit of it is shared out, once."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from app.domain.external_fills import NettedBook, share_out
from app.domain.types import OrderSide

ONE, TWO, THREE, ZERO = Decimal(1), Decimal(2), Decimal(3), Decimal(0)
units = st.integers(-50, 50).map(Decimal)


def test_fill_of_the_exact_quantity_closes_ours() -> None:
    shared = share_out(NettedBook(TWO, ZERO), OrderSide.SELL, TWO, ours_was_open=True)
    assert (shared.closed_ours, shared.opened_own, shared.after) == (TWO, ZERO, NettedBook(ZERO, ZERO))


def test_fill_beyond_ours_opens_the_users_own_on_the_other_side() -> None:
    shared = share_out(NettedBook(TWO, ZERO), OrderSide.SELL, THREE, ours_was_open=True)
    assert (shared.closed_ours, shared.opened_own, shared.after) == (TWO, ONE, NettedBook(ZERO, -ONE))


def test_the_users_own_part_goes_first() -> None:
    shared = share_out(NettedBook(TWO, ONE), OrderSide.SELL, TWO, ours_was_open=True)
    assert (shared.reduced_own, shared.closed_ours) == (ONE, ONE)


def test_fill_from_before_our_position_cannot_have_closed_it() -> None:
    shared = share_out(NettedBook(TWO, ZERO), OrderSide.SELL, TWO, ours_was_open=False)
    assert (shared.closed_ours, shared.opened_own) == (ZERO, TWO)


def test_fill_on_our_side_is_the_users_own() -> None:
    shared = share_out(NettedBook(-TWO, ZERO), OrderSide.SELL, ONE, ours_was_open=True)
    assert (shared.opened_own, shared.after) == (ONE, NettedBook(-TWO, -ONE))


@given(units, units, st.integers(1, 120).map(Decimal), st.sampled_from(OrderSide), st.booleans())
def test_parts_add_up_and_the_position_moves_by_the_fill(
    ours: Decimal, external: Decimal, quantity: Decimal, side: OrderSide, ours_was_open: bool
) -> None:
    shared = share_out(NettedBook(ours, external), side, quantity, ours_was_open=ours_was_open)
    assert shared.reduced_own + shared.closed_ours + shared.opened_own == quantity
    moved = shared.after.ours + shared.after.external - ours - external
    assert moved == (quantity if side is OrderSide.BUY else -quantity)
    assert abs(shared.after.ours) <= abs(ours)
