"""Exit rules as they are kept beside a manual trade, until it is known what they would have done."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from app.domain.counterfactual import Walked
from app.domain.exit_rules import OpenPosition, TrailingTerms
from app.domain.types import Instrument, Side
from app.models.trade import Trade

MILLISECOND = timedelta(milliseconds=1)
EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


@dataclass(frozen=True, slots=True)
class KeptRules:
    """The position, the bars that it is walked on, and the fee of leaving (fraction of notional)."""

    walked: Walked
    timeframe: str
    fee_rate: Decimal


def rules_of(trade: Trade, entry_price: Decimal, instrument: Instrument) -> KeptRules:
    """The exit rules of a trade as they stand now. No stop of ours is at the venue any more: the rules alone say
    where it would have left."""
    trailing = None
    if trade.trailing_enabled:
        trailing = TrailingTerms(
            activation_fraction=trade.trailing_activation_fraction,
            fraction=trade.trailing_fraction,
            distance=trade.trailing_distance,
        )
    held = trade.max_holding_minutes
    leave_at = None if trade.opened_at is None or held is None else trade.opened_at + timedelta(minutes=held)
    position = OpenPosition(
        side=Side(trade.side),
        entry_price=entry_price,
        initial_stop_price=trade.initial_stop_price,
        stop_price=trade.stop_price,
        has_live_stop=False,
        quantity=trade.quantity,
        instrument=instrument,
        take_profit_price=trade.take_profit_price,
        trailing=trailing,
        is_armed=trade.trailing_armed,
        time_exit_ms=_ms(leave_at),
        session_close_ms=_ms(trade.session_closes_at),
    )
    best = entry_price if trade.extreme_price is None else trade.extreme_price
    return KeptRules(Walked(position, best), trade.timeframe, instrument.taker_fee_rate)


def rules_document(kept: KeptRules) -> dict[str, object]:
    """The rules as JSON: figures as text, absent ones as null."""
    position, trailing = kept.walked.position, kept.walked.position.trailing
    return {
        "side": position.side.value,
        "entry_price": str(position.entry_price),
        "initial_stop_price": str(position.initial_stop_price),
        "stop_price": str(position.stop_price),
        "quantity": str(position.quantity),
        "take_profit_price": _text(position.take_profit_price),
        "trailing_activation_fraction": None if trailing is None else str(trailing.activation_fraction),
        "trailing_fraction": None if trailing is None else str(trailing.fraction),
        "trailing_distance": None if trailing is None else _text(trailing.distance),
        "trailing_armed": position.is_armed,
        "best_price": str(kept.walked.best),
        "time_exit_ms": position.time_exit_ms,
        "session_close_ms": position.session_close_ms,
        "timeframe": kept.timeframe,
        "fee_rate": str(kept.fee_rate),
    }


def kept_rules(document: Mapping[str, object], instrument: Instrument) -> KeptRules:
    """The rules out of their JSON."""
    activation, fraction = (
        _figure(document.get(name)) for name in ("trailing_activation_fraction", "trailing_fraction")
    )
    trailing = None
    if activation is not None and fraction is not None:
        distance = _figure(document.get("trailing_distance"))
        trailing = TrailingTerms(activation_fraction=activation, fraction=fraction, distance=distance)
    position = OpenPosition(
        side=Side(str(document["side"])),
        entry_price=Decimal(str(document["entry_price"])),
        initial_stop_price=Decimal(str(document["initial_stop_price"])),
        stop_price=Decimal(str(document["stop_price"])),
        has_live_stop=False,
        quantity=Decimal(str(document["quantity"])),
        instrument=instrument,
        take_profit_price=_figure(document.get("take_profit_price")),
        trailing=trailing,
        is_armed=document["trailing_armed"] is True,
        time_exit_ms=_whole(document.get("time_exit_ms")),
        session_close_ms=_whole(document.get("session_close_ms")),
    )
    walked = Walked(position, Decimal(str(document["best_price"])))
    return KeptRules(walked, str(document["timeframe"]), Decimal(str(document["fee_rate"])))


def _ms(at: datetime | None) -> int | None:
    return None if at is None else (at - EPOCH) // MILLISECOND


def _text(figure: Decimal | None) -> str | None:
    return None if figure is None else str(figure)


def _figure(text: object) -> Decimal | None:
    return None if text is None else Decimal(str(text))


def _whole(number: object) -> int | None:
    return None if number is None else int(str(number))
