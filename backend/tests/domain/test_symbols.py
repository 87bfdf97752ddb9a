import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.symbols import (
    SymbolError,
    base_asset,
    normalise_symbol,
    quote_asset,
    symbol_from_venue,
    venue_symbol,
)


@pytest.mark.parametrize(
    "text", ["BTC", "btc", " BTCUSDT ", "BTC/USDT", "btc/usdt", "BTC/USDT:USDT", "btcusdt"]
)
def test_every_linear_form_is_the_canonical_symbol(text: str) -> None:
    assert normalise_symbol(text) == "BTC/USDT:USDT"


@pytest.mark.parametrize(
    ("text", "symbol"),
    [
        ("1000PEPE", "1000PEPE/USDT:USDT"),
        ("ETHUSDC", "ETH/USDC:USDC"),
        ("ETH/USDC", "ETH/USDC:USDC"),
        ("DOGEUSDT", "DOGE/USDT:USDT"),
    ],
)
def test_other_assets_and_usdc(text: str, symbol: str) -> None:
    assert normalise_symbol(text) == symbol


@pytest.mark.parametrize("text", ["BTC/USD:BTC", "BTCUSD", "BTCUSD_PERP".replace("_", ""), "BTC/USDT:BTC"])
def test_inverse_contracts_are_refused_as_such(text: str) -> None:
    with pytest.raises(SymbolError, match="inverse"):
        normalise_symbol(text)


@pytest.mark.parametrize("text", ["BTCUSDT_251226", "BTC/USDT:USDT-251226"])
def test_delivery_contracts_are_refused_as_such(text: str) -> None:
    with pytest.raises(SymbolError, match="delivery"):
        normalise_symbol(text)


@pytest.mark.parametrize(
    "text",
    ["", " ", "BTC/", "/USDT", "BTC USDT", "BTC/EUR", "BTC/USDT:USDC", "USDT", "B'TC", "USDT/USDC", "💰"],
)
def test_unknown_forms_are_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(SymbolError) as caught:
        normalise_symbol(text)
    assert caught.value.reason.endswith(".")
    assert caught.value.symbol == text


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("USD", "is a quote currency"),
        ("usdt", "is a quote currency"),
        ("BTC/EUR", "only USDT or USDC perpetuals"),
        ("EUR/EUR", "is an inverse contract"),
        ("USDT/USDC:USDT", "only USDT or USDC perpetuals"),
        ("BTC/USDT:USDC", "settles in USDC, not in its quote USDT"),
    ],
)
def test_who_is_refused_is_told_why(text: str, why: str) -> None:
    with pytest.raises(SymbolError, match=why) as caught:
        normalise_symbol(text)
    assert str(caught.value) == caught.value.reason


_assets = st.from_regex(r"[A-Z0-9]{2,8}", fullmatch=True).filter(
    lambda asset: not asset.endswith(("USDT", "USDC", "USD", "PERP"))
)


@given(asset=_assets, quote=st.sampled_from(["USDT", "USDC"]))
def test_venue_and_canonical_forms_are_each_others_inverse(asset: str, quote: str) -> None:
    canonical = f"{asset}/{quote}:{quote}"
    assert symbol_from_venue(venue_symbol(canonical)) == canonical
    assert normalise_symbol(canonical) == canonical
    assert (base_asset(canonical), quote_asset(canonical)) == (asset, quote)


@pytest.mark.parametrize(
    ("venue_id", "symbol"),
    [
        ("BTCUSDT_301227", "BTC/USDT:USDT-301227"),
        ("ETHBTC", "ETH/BTC:BTC"),
        ("币安人生USDT", "币安人生/USDT:USDT"),
        ("BTC", "BTC/?:?"),
        ("USDT", "USDT/?:?"),
        ("BTCUSD_PERP", "BTCUSD_PERP/?:?"),
    ],
)
def test_whatever_stands_on_an_account_has_a_symbol_and_can_be_asked_for(venue_id: str, symbol: str) -> None:
    assert symbol_from_venue(venue_id) == symbol
    assert venue_symbol(symbol) == venue_id


@pytest.mark.parametrize("symbol", ["BTC/USDT:BTC", "BTC/EUR", "💰", ""])
def test_what_is_no_symbol_of_any_contract_has_no_venue_id(symbol: str) -> None:
    with pytest.raises(SymbolError):
        venue_symbol(symbol)
