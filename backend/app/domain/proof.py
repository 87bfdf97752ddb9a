"""How long it counts that somebody has just shown who sits there."""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Proof:
    """A session's last password or code (None: there was none), and how long it counts."""

    proved_at: datetime | None
    life: timedelta

    @property
    def until(self) -> datetime | None:
        """When it stops counting; None where there is none."""
        return None if self.proved_at is None else self.proved_at + self.life

    def is_recent(self, now: datetime) -> bool:
        """Whether it counts at `now`; at its very end it no longer does."""
        return self.until is not None and now < self.until
