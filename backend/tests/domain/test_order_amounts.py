"""What an order would use, and the bases it is held against, where they round or are not there."""

from dataclasses import replace
from decimal import Decimal
from typing import cast

import pytest

from app.domain.fixed_point import UNKNOWN, IntColumn
from app.domain.order_amounts import positive
from app.domain.risk_limits import RiskLimits
from tests.domain.examples import INSTRUMENT, INTENT, MARKET, SIZE, WALLET, codes, user_limits

D = Decimal


@pytest.mark.parametrize(("free", "found"), [("100.50000001", []), ("100.5", ["margin_insufficient"])])
def test_the_fee_beside_the_margin_is_rounded_up(free: str, found: list[str]) -> None:
    # 0.0005 of 1 000.00000001 is 0.500000000005.
    sent = replace(INTENT, size=replace(SIZE, notional=D("1000.00000001"), risk_amount=D(30)))
    market = replace(MARKET, instrument=replace(INSTRUMENT, taker_fee_rate=D("0.0005")))
    assert codes(intent=sent, market=market, wallet=replace(WALLET, free_margin=D(free))) == found


@pytest.mark.parametrize(
    ("amount", "base"), [(2, 2), (1, 1), (0, UNKNOWN), (-1, UNKNOWN), (UNKNOWN, UNKNOWN)]
)
def test_only_what_is_above_zero_is_the_base_of_a_fraction(amount: int, base: int) -> None:
    assert positive(cast(IntColumn, amount)) == base


SLIPPAGE = user_limits(RiskLimits(max_entry_slippage_fraction=D("0.01")))


@pytest.mark.parametrize("price", ["0", "NaN"])
def test_a_move_from_a_price_or_to_one_that_is_not_there_is_not_known(price: str) -> None:
    assert codes(intent=replace(INTENT, signal_price=D(price)), limits=SLIPPAGE) == ["price_unknown"]
    assert "price_unknown" in codes(market=replace(MARKET, mark_price=D(price)), limits=SLIPPAGE)
