"""Packed price batches come back as they went in, and damaged ones are told apart."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.price_batch import (
    PriceBatchError,
    PriceTick,
    decode_columns,
    decode_prices,
    encode_prices,
    price_decimal,
)

_prices = st.floats(min_value=1e-9, max_value=1e9, allow_nan=False)
_symbols = st.text(st.characters(codec="utf-8", exclude_characters="\n"), min_size=1, max_size=20)
_ticks = st.lists(st.builds(PriceTick, _symbols, _prices, _prices, st.integers(0, 2**53)), max_size=40)


@given(_ticks)
def test_batch_round_trip_is_equal(ticks: list[PriceTick]) -> None:
    assert decode_prices(encode_prices(ticks)) == ticks


@given(_ticks)
def test_batch_columns_equal_rows(ticks: list[PriceTick]) -> None:
    columns = decode_columns(encode_prices(ticks))
    assert columns.symbols == [tick.symbol for tick in ticks]
    assert columns.mark.tolist() == [tick.mark for tick in ticks]
    assert columns.market_ms.tolist() == [tick.market_ms for tick in ticks]


def test_batch_cut_off_is_refused() -> None:
    batch = encode_prices([PriceTick("BTC/USDT:USDT", 41500.1, 41500.0, 1)])
    for length in range(len(batch) - len("BTC/USDT:USDT")):
        with pytest.raises(PriceBatchError):
            decode_prices(batch[:length])


def test_batch_of_another_version_is_refused() -> None:
    batch = encode_prices([PriceTick("BTC/USDT:USDT", 1.0, 1.0, 1)])
    with pytest.raises(PriceBatchError, match="Version 2"):
        decode_prices(b"\x02\x00" + batch[2:])


def test_batch_symbol_with_line_feed_is_refused() -> None:
    with pytest.raises(PriceBatchError):
        encode_prices([PriceTick("BTC\nETH", 1.0, 1.0, 1)])


@given(st.decimals(min_value="0.0000000001", max_value="99999", places=10, allow_nan=False))
def test_price_decimal_keeps_the_digits(price: Decimal) -> None:
    assert price_decimal(float(price)) == price
