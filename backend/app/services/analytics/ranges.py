"""What an analytics question asks about: one environment, and of it a wallet, a strategy, a tag and a time."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from app.core.errors import FieldError, InvalidInputError
from app.domain.types import Environment

EARLIEST: Final = datetime(2009, 1, 3, tzinfo=UTC)
LATEST: Final = datetime(2200, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Chosen:
    """From `begin` to before `end`, market time; None is without a bound, or everything."""

    environment: Environment
    wallet_id: UUID | None = None
    strategy: str | None = None
    tag: str | None = None
    begin: datetime | None = None
    end: datetime | None = None

    @property
    def is_of_trades(self) -> bool:
        """Whether only some of an account's trades are asked about, so that its equity does not answer."""
        return self.strategy is not None or self.tag is not None

    @property
    def first(self) -> datetime:
        """The beginning, however early."""
        return self.begin or EARLIEST

    @property
    def last(self) -> datetime:
        """The end, however late."""
        return self.end or LATEST

    def before(self) -> "Chosen | None":
        """The same over the time of equal length before; None where the range is open."""
        if self.begin is None or self.end is None:
            return None
        length = self.end - self.begin
        return Chosen(
            self.environment, self.wallet_id, self.strategy, self.tag, self.begin - length, self.begin
        )


def check_range(begin: datetime | None, end: datetime | None, newest: datetime) -> None:
    """Refuse a range that ends before it begins, or that begins behind `newest`, the newest moment that anything
    is known of."""
    if begin is not None and end is not None and begin >= end:
        raise _refused(
            "from",
            "invalid_range",
            f"`from` ({begin.isoformat()}) must lie before `to` ({end.isoformat()}).",
            begin,
        )
    if begin is not None and begin > newest + timedelta(minutes=1):
        raise _refused(
            "from",
            "range_in_future",
            f"`from` ({begin.isoformat()}) lies in the future: nothing is known after {newest.isoformat()}.",
            begin,
            newest,
        )


def wrong_environment(wallet: str, environment: str) -> InvalidInputError:
    """A wallet of the other environment was named: paper and live are never summed, nor mistaken."""
    return _refused(
        "environment",
        "wrong_environment",
        f"{wallet} is a {environment} wallet: ask with environment={environment}.",
        None,
    )


def _refused(
    field: str, code: str, message: str, value: datetime | None, limit: datetime | None = None
) -> InvalidInputError:
    error = FieldError(
        field,
        code,
        message,
        limit=None if limit is None else limit.isoformat(),
        value=None if value is None else value.isoformat(),
    )
    return InvalidInputError(message, code=code, errors=(error,))
