"""Exit rules as they are kept beside a manual trade, until it is known what they would have done."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from app.domain.counterfactual import ExitRules
from app.domain.types import Side


@dataclass(frozen=True, slots=True)
class KeptRules:
    """The rules, the first stop, the bars they are walked on, and the fee of leaving (fraction of notional)."""

    rules: ExitRules
    initial_stop_price: Decimal
    timeframe: str
    fee_rate: Decimal


def rules_document(
    rules: ExitRules, initial_stop_price: Decimal, timeframe: str, fee_rate: Decimal
) -> dict[str, object]:
    """The rules as JSON: figures as text, absent ones as null."""
    return {
        "side": rules.side.value,
        "entry_price": str(rules.entry_price),
        "stop_price": str(rules.stop_price),
        "initial_stop_price": str(initial_stop_price),
        "take_profit_price": _text(rules.take_profit_price),
        "trailing_activation_fraction": _text(rules.trailing_activation_fraction),
        "trailing_fraction": _text(rules.trailing_fraction),
        "trailing_armed": rules.trailing_armed,
        "extreme_price": str(rules.extreme_price),
        "price_tick": str(rules.price_tick),
        "leave_at": None if rules.leave_at is None else rules.leave_at.isoformat(),
        "timeframe": timeframe,
        "fee_rate": str(fee_rate),
    }


def kept_rules(document: Mapping[str, object]) -> KeptRules:
    """The rules out of their JSON."""
    leave_at = document["leave_at"]
    rules = ExitRules(
        side=Side(str(document["side"])),
        entry_price=Decimal(str(document["entry_price"])),
        stop_price=Decimal(str(document["stop_price"])),
        take_profit_price=_figure(document["take_profit_price"]),
        trailing_activation_fraction=_figure(document["trailing_activation_fraction"]),
        trailing_fraction=_figure(document["trailing_fraction"]),
        trailing_armed=document["trailing_armed"] is True,
        extreme_price=Decimal(str(document["extreme_price"])),
        price_tick=Decimal(str(document["price_tick"])),
        leave_at=None if leave_at is None else datetime.fromisoformat(str(leave_at)),
    )
    return KeptRules(
        rules,
        Decimal(str(document["initial_stop_price"])),
        str(document["timeframe"]),
        Decimal(str(document["fee_rate"])),
    )


def _text(figure: Decimal | None) -> str | None:
    return None if figure is None else str(figure)


def _figure(text: object) -> Decimal | None:
    return None if text is None else Decimal(str(text))
