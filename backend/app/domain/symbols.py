"""Symbols: the canonical form is ccxt's unified linear perpetual, "BTC/USDT:USDT".

A bare base asset means the venue's linear USDT perpetual. Inverse and delivery contracts are refused
with a reason rather than guessed at. On an account they may stand all the same, by its owner's hand: what a venue
shows always has a symbol, so that it is counted and hides nothing.
"""

import re
from typing import Final

LINEAR_QUOTES: Final = ("USDT", "USDC")
FOREIGN_QUOTES: Final = ("BTC", "BUSD")  # of contracts that the venue lists, or has listed, beside those
NO_QUOTE: Final = "?"
_ASSET: Final = r"[A-Z0-9]{1,20}"
_BARE: Final = re.compile(_ASSET)
_PAIR: Final = re.compile(rf"({_ASSET})/({_ASSET})")
_UNIFIED: Final = re.compile(rf"({_ASSET})/({_ASSET}):({_ASSET})(-\S+)?")
_SHOWN: Final = re.compile(r"([^/:]+)/([^/:]+):\2(?:-(\d+))?")
_DELIVERY_ID: Final = re.compile(rf"{_ASSET}_\d{{6}}")


class SymbolError(ValueError):
    """A symbol that is not a linear perpetual; `reason` is a sentence for the person who typed it."""

    def __init__(self, symbol: str, reason: str) -> None:
        super().__init__(reason)
        self.symbol = symbol
        self.reason = reason


def normalise_symbol(text: str) -> str:
    """Return the canonical symbol of "BTC", "BTCUSDT", "BTC/USDT" or "BTC/USDT:USDT"."""
    symbol = text.strip().upper()
    if unified := _UNIFIED.fullmatch(symbol):
        base, quote, settle, delivery = unified.groups()
        if delivery is not None:
            raise _delivery(text)
        return _linear(text, base, quote, settle)
    if pair := _PAIR.fullmatch(symbol):
        base, quote = pair.groups()
        return _linear(text, base, quote, quote)
    if _DELIVERY_ID.fullmatch(symbol):
        raise _delivery(text)
    if _BARE.fullmatch(symbol) is None:
        raise SymbolError(text, f'"{text}" is not a symbol: write it like BTC, BTCUSDT or BTC/USDT:USDT.')
    return _from_bare(text, symbol)


def base_asset(symbol: str) -> str:
    """Return the base asset of a canonical symbol: "BTC" of "BTC/USDT:USDT"."""
    return symbol.partition("/")[0]


def quote_asset(symbol: str) -> str:
    """Return the quote asset of a canonical symbol: "USDT" of "BTC/USDT:USDT"."""
    return symbol.partition("/")[2].partition(":")[0]


def venue_symbol(symbol: str) -> str:
    """Return the venue's id of a canonical symbol, or of one that `symbol_from_venue` gave: "BTCUSDT" of
    "BTC/USDT:USDT"."""
    try:
        canonical = normalise_symbol(symbol)
    except SymbolError:
        shown = _SHOWN.fullmatch(symbol)
        if shown is None:
            raise
        base, quote, delivery = shown.groups()
        return base if quote == NO_QUOTE else f"{base}{quote}" + (f"_{delivery}" if delivery else "")
    return base_asset(canonical) + quote_asset(canonical)


def symbol_from_venue(venue_id: str) -> str:
    """Return the symbol of any contract that a venue may show: the canonical one of a linear perpetual, ccxt's unified
    one of a delivery contract ("BTC/USDT:USDT-301227"), and for an id without a quote that is known the id itself as
    the base."""
    pair, _, delivery = venue_id.partition("_")
    for quote in LINEAR_QUOTES + FOREIGN_QUOTES:
        if pair.endswith(quote) and pair != quote and (not delivery or delivery.isdecimal()):
            unified = f"{pair.removesuffix(quote)}/{quote}:{quote}"
            return f"{unified}-{delivery}" if delivery else unified
    return f"{venue_id}/{NO_QUOTE}:{NO_QUOTE}"


def _from_bare(text: str, symbol: str) -> str:
    for quote in LINEAR_QUOTES:
        if symbol.endswith(quote) and symbol != quote:
            return _linear(text, symbol.removesuffix(quote), quote, quote)
    if symbol.endswith(("USD", "USDPERP", "PERP")) and symbol not in ("USD", "PERP"):
        raise _inverse(text)
    if symbol in LINEAR_QUOTES or symbol == "USD":
        raise SymbolError(text, f'"{text}" is a quote currency, not something to trade.')
    return _linear(text, symbol, "USDT", "USDT")


def _linear(text: str, base: str, quote: str, settle: str) -> str:
    if settle == base and settle not in LINEAR_QUOTES:
        raise _inverse(text)
    if quote not in LINEAR_QUOTES or base in LINEAR_QUOTES or base == quote:
        raise SymbolError(text, f'"{text}" is not supported: only USDT or USDC perpetuals are traded.')
    if settle != quote:
        raise SymbolError(text, f'"{text}" settles in {settle}, not in its quote {quote}; it is refused.')
    return f"{base}/{quote}:{settle}"


def _inverse(text: str) -> SymbolError:
    return SymbolError(
        text, f'"{text}" is an inverse contract (margined in the coin); only linear ones trade.'
    )


def _delivery(text: str) -> SymbolError:
    return SymbolError(text, f'"{text}" is a delivery contract with an end date; only perpetuals are traded.')
