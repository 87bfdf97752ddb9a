"""The platform's limits: the built-in floor, and what the operator tightens of it. No user loosens either."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from app.core.errors import FieldError, InvalidInputError, NotFoundError
from app.domain.decimal_text import plain
from app.domain.defaults import PLATFORM_LIMITS
from app.domain.limit_table import LIMITS, LimitDeclaration
from app.repositories.audit import AuditRepository
from app.repositories.platform_limits import SystemPlatformLimitRepository

BY_NAME = {declared.name: declared for declared in LIMITS}


@dataclass(frozen=True, slots=True)
class PlatformLimitView:
    """One limit in its own unit: what is built in, what the operator stored, and the stricter, which binds."""

    name: str
    label: str
    unit: str
    built_in: str | None
    stored: str | None
    binding: str | None


class PlatformLimits:
    """The platform's limits in an administrator's transaction."""

    def __init__(
        self, limits: SystemPlatformLimitRepository, audit: AuditRepository, now: Callable[[], datetime]
    ) -> None:
        self._limits = limits
        self._audit = audit
        self._now = now

    async def list_all(self) -> list[PlatformLimitView]:
        """Every limit that there is."""
        stored = await self._limits.stored()
        return [_view(declared, stored.get(declared.field)) for declared in LIMITS]

    async def store(self, user_id: UUID, name: str, value: Decimal) -> list[PlatformLimitView]:
        """Store a limit in its own unit; one that would loosen what is built in is refused."""
        declared = _declared(name)
        held = value / declared.shown_factor
        _check(declared, value, held)
        await self._write(user_id, declared, held, plain(value))
        return await self.list_all()

    async def remove(self, user_id: UUID, name: str) -> list[PlatformLimitView]:
        """Take the operator's own limit away; what is built in stays."""
        await self._write(user_id, _declared(name), None, None)
        return await self.list_all()

    async def _write(
        self, user_id: UUID, declared: LimitDeclaration, held: Decimal | None, shown: str | None
    ) -> None:
        await self._limits.store(declared.field, held)
        details: dict[str, object] = {"limit": declared.name, "value": shown}
        await self._audit.append(user_id, "platform_limit_changed", details, self._now())


def _declared(name: str) -> LimitDeclaration:
    declared = BY_NAME.get(name)
    if declared is None:
        raise NotFoundError(f"There is no limit {name}.")
    return declared


def _check(declared: LimitDeclaration, value: Decimal, held: Decimal) -> None:
    greatest = declared.greatest * declared.shown_factor
    whole = declared.unit.value == "count" or declared.field == "max_leverage"
    if value > greatest:
        raise _refused("out_of_range", f"{declared.name} must be at most {greatest}.", greatest, value)
    if whole and value != value.to_integral_value():
        raise _refused("not_whole", f"{declared.name} must be a whole number.", None, value)
    built_in = getattr(PLATFORM_LIMITS, declared.field)
    looser = built_in is not None and (held < built_in if declared.larger_is_stricter else held > built_in)
    if looser:
        floor = Decimal(built_in) * declared.shown_factor
        raise _refused("looser_than_floor", f"{declared.name} would loosen the floor {floor}.", floor, value)


def _refused(code: str, message: str, limit: Decimal | None, value: Decimal) -> InvalidInputError:
    error = FieldError("value", code, message, plain(limit), plain(value))
    return InvalidInputError(message, code=code, errors=(error,))


def _view(declared: LimitDeclaration, stored: Decimal | None) -> PlatformLimitView:
    held = getattr(PLATFORM_LIMITS, declared.field)
    built_in = None if held is None else Decimal(held)
    opinions = [value for value in (built_in, stored) if value is not None]
    choose = max if declared.larger_is_stricter else min
    binding = choose(opinions) if opinions else None
    factor = declared.shown_factor
    shown = [None if value is None else plain(value * factor) for value in (built_in, stored, binding)]
    return PlatformLimitView(declared.name, declared.label, declared.unit.value, *shown)
