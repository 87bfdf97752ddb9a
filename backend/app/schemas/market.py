"""Venues, markets, strategies and bars as the API shows them."""

from typing import Annotated

from pydantic import Field

from app.domain.types import Environment
from app.schemas.figures import Answer, DecimalText, Instant, Symbol, Word


class Venue(Answer):
    """A venue on which a wallet may be created."""

    id: Word
    name: str
    environment: list[Environment]
    needs_keys: bool


class Venues(Answer):
    items: list[Venue]


class Market(Answer):
    """A market; the smallest notional is in the quote currency."""

    symbol: Symbol
    venue: Word
    tick_size: DecimalText
    quantity_step: DecimalText
    min_notional: DecimalText
    max_leverage: int


class Markets(Answer):
    items: list[Market]


class Strategy(Answer):
    """A strategy and the bar lengths on which it runs."""

    id: Word
    name: str
    description: str
    timeframes: list[str]


class Strategies(Answer):
    items: list[Strategy]


class Funding(Answer):
    """The next funding of a perpetual and its market time, both null where the venue names none. A positive rate is
    paid by longs to shorts."""

    venue: Word
    symbol: Symbol
    rate_percent: DecimalText | None
    at: Instant | None


CandleLine = Annotated[
    tuple[int, DecimalText, DecimalText, DecimalText, DecimalText, DecimalText],
    Field(description="Open time (market, ms since 1970), open, high, low, close, volume (base units)"),
]


class Candles(Answer):
    """Closed bars, oldest first."""

    items: list[CandleLine]
