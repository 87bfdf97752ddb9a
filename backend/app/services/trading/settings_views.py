"""Stored settings as the API shows them: figures as plain decimal text, everything else as it is."""

from collections.abc import Iterable
from dataclasses import fields
from decimal import Decimal
from typing import Final

from app.domain.decimal_text import plain
from app.domain.limit_table import LimitDeclaration
from app.domain.profiles import Profile
from app.domain.types import RiskLevel
from app.models.risk_settings import ScopedRiskSettings, WalletRiskSettings
from app.services.trading.loosening import Row
from app.services.trading.risk_settings import HeldSettings

_NOT_SHOWN: Final = frozenset(
    {"id", "user_id", "wallet_id", "created_at", "updated_at", "version", "trading_paused"}
)
OVERRIDES: Final = tuple(
    column.key for column in WalletRiskSettings.__table__.c if column.key not in _NOT_SHOWN
)


def settings_view(row: Row, names: Iterable[str]) -> dict[str, object]:
    """The named columns of a row; absent stays None."""
    held = {name: getattr(row, name) for name in names}
    return {name: plain(value) if isinstance(value, Decimal) else value for name, value in held.items()}


def held_view(held: HeldSettings, names: Iterable[str]) -> dict[str, object]:
    """Settings with the loosenings of them that wait, as `pending`."""
    waiting = [
        {
            "setting": change.setting,
            "value": None if change.value is None else str(change.value),
            "effective_at": change.effective_at,
            "requested_at": change.created_at,
        }
        for change in held.pending
    ]
    row = held.row
    scope = {"scope": row.scope, "key": row.scope_key} if isinstance(row, ScopedRiskSettings) else {}
    columns = (name for name in names if name != "pending" and name not in scope)
    return settings_view(row, columns) | scope | {"pending": waiting}


def profile_view(profile: Profile) -> dict[str, object]:
    """A profile with every setting as text; the pause is no part of it."""
    settings = {
        field.name: _as_text(getattr(profile.settings, field.name))
        for field in fields(profile.settings)
        if field.name != "trading_paused"
    }
    return {
        "name": profile.name,
        "label": profile.label,
        "explains": profile.explains,
        "needs_consent": profile.needs_consent,
        "settings": settings,
    }


def limit_view(declared: LimitDeclaration) -> dict[str, object]:
    """A limit as it is declared."""
    return {
        "name": declared.name,
        "label": declared.label,
        "explains": declared.explains,
        "unit": declared.unit,
        "refuses": declared.refuses,
        "aggregation": declared.aggregation,
        "levels": [level.value for level in RiskLevel if level in declared.levels],
        "greatest": plain(declared.greatest * declared.shown_factor),
        "resets": declared.resets,
        "settable": declared.setting is not None,
    }


def _as_text(value: object) -> object:
    if isinstance(value, Decimal):
        return plain(value)
    return value if value is None or isinstance(value, bool) else str(value)


def overrides_view(row: WalletRiskSettings | None) -> dict[str, object]:
    """A wallet's own opinions; without a row it has none."""
    return dict.fromkeys(OVERRIDES) if row is None else settings_view(row, OVERRIDES)
