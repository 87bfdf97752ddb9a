"""How a wallet's orders are carried out: seen, and changed by its owner."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from app.core.errors import FieldError, InvalidInputError, PreconditionFailedError
from app.domain.decimal_text import plain
from app.domain.execution_settings import BOUNDS, LARGEST, ExecutionSettings, SlippageUnit, protects_less
from app.models.execution_settings import ExecutionSettingsRow
from app.repositories.audit import AuditRepository
from app.repositories.execution_settings import ExecutionSettingsRepository
from app.services.step_up import Proving

Value = Decimal | int | bool | SlippageUnit
BOUNDED_BY_UNIT: Final = ("max_slippage", "max_deviation")
DEFAULTS: Final = ExecutionSettings()


@dataclass(frozen=True, slots=True)
class ExecutionSettingsView:
    """The settings; slippage and deviation in the unit beside them, figures as plain decimal text."""

    max_slippage: str
    max_slippage_unit: str
    max_deviation: str
    max_deviation_unit: str
    retry_attempts: int
    retry_delay_seconds: str
    execution_timeout_seconds: str
    use_market_orders: bool
    confirm_trades: bool
    confirm_seconds: int
    version: int
    updated_at: datetime | None


class WalletExecutionSettings:
    """Execution settings of one user's wallets, in the caller's transaction; the caller has made sure that
    the wallet is the user's. `prove` refuses what protects less where the asking session has not shown lately who
    sits there."""

    def __init__(
        self,
        settings: ExecutionSettingsRepository,
        audit: AuditRepository,
        prove: Proving,
        now: Callable[[], datetime],
    ) -> None:
        self._settings = settings
        self._audit = audit
        self._prove = prove
        self._now = now

    async def read(self, user_id: UUID, wallet_id: UUID) -> ExecutionSettingsView:
        """The wallet's settings; the defaults where it never changed one."""
        return _view(await self._settings.of_wallet(user_id, wallet_id))

    async def change(
        self, user_id: UUID, wallet_id: UUID, changes: Mapping[str, Value], version: int | None
    ) -> ExecutionSettingsView:
        """Change some of them, from the next order on; all or none. Raises InvalidInputError naming each value
        that is out of its bounds, PreconditionFailedError where somebody was faster."""
        row = await self._settings.lock(user_id, wallet_id)
        if version is not None and row.version != version:
            raise PreconditionFailedError(
                f"The execution settings were changed meanwhile: they are at version {row.version}."
            )
        before = _view(row)
        wanted = {name: getattr(row, name) for name in before.__slots__ if name in BOUNDS} | {
            name: getattr(row, name) for name in _slippage_fields()
        }
        errors = _errors(wanted | dict(changes), changes)
        if errors:
            raise InvalidInputError(errors[0].message, errors=tuple(errors))
        held = {
            name: getattr(row, name) for name in (*_slippage_fields(), "use_market_orders", "confirm_trades")
        }
        if protects_less(held, held | dict(changes)):
            self._prove()
        if changes:
            values = {name: _stored(value) for name, value in changes.items()}
            await self._settings.change(user_id, wallet_id, values)
        after = _view(await self._settings.of_wallet(user_id, wallet_id))
        if changes:
            await self._audit.append(
                user_id, "execution_settings_changed", _difference(wallet_id, before, after), self._now()
            )
        return after


def _slippage_fields() -> tuple[str, ...]:
    return tuple(name for field in BOUNDED_BY_UNIT for name in (field, f"{field}_unit"))


def _errors(wanted: Mapping[str, object], changes: Mapping[str, Value]) -> list[FieldError]:
    """What is out of its bounds after the change. A slippage is judged in its unit, whichever of the two
    changed."""
    errors = []
    for name, (least, most) in BOUNDS.items():
        value = wanted[name]
        if name in changes and isinstance(value, int | Decimal) and not least <= value <= most:
            errors.append(_out_of_bounds(name, Decimal(value), least, most, "" if value < least else "most"))
    for name in BOUNDED_BY_UNIT:
        unit, value = SlippageUnit(str(wanted[f"{name}_unit"])), wanted[name]
        most = LARGEST[unit]
        touched = name in changes or f"{name}_unit" in changes
        if touched and isinstance(value, Decimal) and not 0 < value <= most:
            errors.append(_out_of_bounds(name, value, Decimal(0), most, "" if value <= 0 else "most"))
    return errors


def _out_of_bounds(name: str, value: Decimal, least: Decimal, most: Decimal, side: str) -> FieldError:
    limit = most if side else least
    return FieldError(
        name,
        "out_of_bounds",
        f"{name} is {plain(value)}; it may be from {plain(least)} to {plain(most)}.",
        limit=plain(limit),
        value=plain(value),
    )


def _stored(value: Value) -> object:
    return value.value if isinstance(value, SlippageUnit) else value


def _difference(
    wallet_id: UUID, before: ExecutionSettingsView, after: ExecutionSettingsView
) -> dict[str, object]:
    """What changed, from and to, for the audit log."""
    changed = {
        name: [str(getattr(before, name)), str(getattr(after, name))]
        for name in before.__slots__
        if name not in ("version", "updated_at") and getattr(before, name) != getattr(after, name)
    }
    return {"wallet_id": str(wallet_id), "changes": changed}


def _view(row: ExecutionSettingsRow | None) -> ExecutionSettingsView:
    if row is None:
        return ExecutionSettingsView(
            plain(DEFAULTS.max_slippage_bps),
            SlippageUnit.BPS.value,
            plain(DEFAULTS.max_deviation_bps),
            SlippageUnit.BPS.value,
            DEFAULTS.retry_attempts,
            plain(DEFAULTS.retry_delay_seconds),
            plain(DEFAULTS.execution_timeout_seconds),
            DEFAULTS.use_market_orders,
            DEFAULTS.confirm_trades,
            DEFAULTS.confirm_seconds,
            1,
            None,
        )
    return ExecutionSettingsView(
        plain(row.max_slippage),
        row.max_slippage_unit,
        plain(row.max_deviation),
        row.max_deviation_unit,
        row.retry_attempts,
        plain(row.retry_delay_seconds),
        plain(row.execution_timeout_seconds),
        row.use_market_orders,
        row.confirm_trades,
        row.confirm_seconds,
        row.version,
        row.updated_at,
    )
