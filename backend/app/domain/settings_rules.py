"""Rules about risk settings themselves, in the table's names and units: which values make sense together,
and which change loosens."""

from dataclasses import dataclass, fields, replace
from decimal import Decimal
from typing import Any, Final

from app.domain.decimal_text import plain
from app.domain.defaults import RiskSettingsValues, limits_of
from app.domain.limit_table import BY_FIELD, BY_SETTING
from app.domain.limits import LimitError, coherence_errors

_HUNDRED: Final = Decimal(100)
MOST_HOLDING_MINUTES: Final = 2**31 - 1
"""What a column of whole numbers holds."""
# Settings that are no limits: the least value and the greatest one that still mean something.
_MANNER_BOUNDS: Final[dict[str, tuple[Decimal, Decimal]]] = {
    "risk_per_trade_percent": (Decimal(0), _HUNDRED),
    "fixed_amount_usd": (Decimal(0), Decimal(1_000_000_000)),
    "kelly_fraction": (Decimal(0), Decimal(1)),
    "trailing_activation_percent": (Decimal(0), _HUNDRED),
    "trailing_stop_percent": (Decimal("0.01"), Decimal("99.99")),
    "stop_loss_percent": (Decimal("0.01"), Decimal("99.99")),
    "take_profit_percent": (Decimal("0.01"), Decimal(10_000)),
    "stop_atr_multiple": (Decimal("0.1"), Decimal(100)),
    "trailing_atr_multiple": (Decimal("0.1"), Decimal(100)),
    "max_holding_minutes": (Decimal(1), Decimal(MOST_HOLDING_MINUTES)),
}
BOUNDS: Final = {
    name: (declared.least * declared.shown_factor, declared.greatest * declared.shown_factor)
    for name, declared in BY_SETTING.items()
} | _MANNER_BOUNDS
"""The least and the greatest value of each setting that is a number, in the table's unit."""
_MORE_IS_LOOSER: Final = frozenset(
    {
        "risk_per_trade_percent",
        "fixed_amount_usd",
        "kelly_fraction",
        "trailing_activation_percent",
        "trailing_stop_percent",
        "stop_loss_percent",
        "stop_atr_multiple",
        "trailing_atr_multiple",
        "max_holding_minutes",
    }
)
_ON_IS_LOOSER: Final = frozenset({"enable_pyramiding", "enable_dca"})
_OFF_IS_LOOSER: Final = frozenset(
    {"enable_trailing_stop", "trading_paused", "auto_breakers", "flatten_when_tripped"}
)
_ANY_CHANGE_IS_LOOSER: Final = frozenset({"position_sizing_method"})
_OWN_REPLACES: Final = (
    "position_sizing_method",
    "fixed_amount_usd",
    "enable_trailing_stop",
    "trailing_activation_percent",
    "trailing_stop_percent",
    "trailing_atr_multiple",
    "stop_loss_percent",
    "stop_atr_multiple",
    "flatten_when_tripped",
)
"""Settings of which a wallet's own value stands in the place of its user's, which therefore limits nothing."""


@dataclass(frozen=True, slots=True)
class SettingError:
    """A setting that makes no sense: figures in the setting's own unit, None where there is none."""

    field: str
    code: str
    message: str
    limit: Decimal | None
    value: Decimal | None


def setting_errors(values: RiskSettingsValues) -> tuple[SettingError, ...]:
    """Return what makes no sense, per setting: negative, beyond its bound, or at odds with a wider limit."""
    errors = [_in_table_units(error) for error in coherence_errors(limits_of(values))]
    for name, (least, most) in _MANNER_BOUNDS.items():
        held: Decimal | int | None = getattr(values, name)
        if held is None:
            continue
        value = Decimal(held)
        if value < 0:
            errors.append(_error(name, "negative", Decimal(0), value))
        elif value < least:
            errors.append(_error(name, "too_small", least, value))
        elif value > most:
            errors.append(_error(name, "out_of_range", most, value))
    return tuple(errors)


def loosened(before: RiskSettingsValues, after: RiskSettingsValues) -> tuple[str, ...]:
    """Return the names of the settings that allow more after the change than before it.

    A limit that is taken away allows more. A change of the sizing method counts, since it may.
    """
    return tuple(
        field.name
        for field in fields(RiskSettingsValues)
        if _is_looser(field.name, getattr(before, field.name), getattr(after, field.name))
    )


def in_force(own: RiskSettingsValues, user: RiskSettingsValues) -> RiskSettingsValues:
    """Return a wallet's settings with its user's where they would stand in the same place: what a wallet's first
    opinion loosens is what its user said."""
    held: dict[str, Any] = {name: getattr(user, name) for name in _OWN_REPLACES if getattr(own, name) is None}
    return replace(own, **held)


def _is_looser(name: str, before: object, after: object) -> bool:
    if before == after:
        return False
    if name in _ANY_CHANGE_IS_LOOSER:
        return True
    if name in _ON_IS_LOOSER:
        return after is True
    if name in _OFF_IS_LOOSER:
        return before is True or after is None
    declared = BY_SETTING.get(name)
    if declared is not None and declared.larger_is_stricter:
        return after is None or (before is not None and _figure(after) < _figure(before))
    if declared is not None or name in _MORE_IS_LOOSER:
        return after is None or (before is not None and _figure(after) > _figure(before))
    return False


def _figure(value: object) -> Decimal:
    return value if isinstance(value, Decimal) else Decimal(str(value))


def _in_table_units(error: LimitError) -> SettingError:
    declared = BY_FIELD[error.field]
    limit = None if error.limit is None else error.limit * declared.shown_factor
    value = None if error.value is None else error.value * declared.shown_factor
    return _error(declared.name, error.code, limit, value)


def _error(name: str, code: str, limit: Decimal | None, value: Decimal | None) -> SettingError:
    figures = (plain(value), plain(limit))
    match code:
        case "negative":
            said = "must not be negative, was {}."
        case "below_one" | "too_small":
            said = "must be at least {1}, was {0}."
        case "out_of_range":
            said = "must be at most {1}, was {0}."
        case "above_wider_limit":
            said = "{} is above the wider limit {}, which would never be reached."
        case _:
            said = "must be a number."
    return SettingError(name, code, f"{name} {said.format(*figures)}", limit, value)
