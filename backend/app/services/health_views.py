"""A position's health score as its owner sees it, computed at the price that is shown beside it."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from app.domain.health_facts import PriceFacts, health_facts
from app.domain.position_health import position_health
from app.domain.types import Side
from app.domain.venue import Quote
from app.repositories.positions import TradeRecord
from app.services.position_health import readings_of


@dataclass(frozen=True, slots=True)
class HealthPartView:
    """One part: what was read, the mark from 0 (bad) to 1 (good) that it gives, its weight, and a sentence. Value and
    mark are None where the fact is unknown."""

    part: str
    value: str | None
    mark: str | None
    weight: str
    sentence: str


@dataclass(frozen=True, slots=True)
class HealthView:
    """`score` is 0-100, None without a live stop or a price; `as_of` (wall time) when the slow readings were
    taken, None before their first."""

    score: int | None
    band: str | None
    as_of: datetime | None
    parts: list[HealthPartView]


def health_view(trade: TradeRecord, quote: Quote | None, *, protected: bool) -> HealthView | None:
    """The health of a position that is open; None before its entry and after its end."""
    if trade.entry_price is None or not trade.is_live or not trade.quantity > 0:
        return None
    open_seconds = None
    if quote is not None and trade.opened_at is not None:
        open_seconds = max(0.0, (quote.market_time - trade.opened_at).total_seconds())
    found = position_health(
        health_facts(
            readings_of(trade.health_readings),
            PriceFacts(
                sign=Side(trade.side).sign,
                entry=float(trade.entry_price),
                initial_stop=float(trade.initial_stop_price),
                stop=float(trade.stop_price) if protected else None,
                mark=None if quote is None else float(quote.mark_price),
                open_seconds=open_seconds,
            ),
        )
    )
    parts = [
        HealthPartView(
            read.part.value, _text(read.value), _text(read.mark), _figure(read.weight), read.sentence
        )
        for read in found.readings
    ]
    return HealthView(found.score, found.band, trade.health_as_of, parts)


def _text(value: float | None) -> str | None:
    return None if value is None else _figure(value)


def _figure(value: float) -> str:
    """Four places, without an exponent or idle zeros."""
    return f"{Decimal(repr(round(value, 4))).normalize():f}"
