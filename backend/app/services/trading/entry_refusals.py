"""Why an entry does not leave now: turned down where no limit says so, or not yet."""

from dataclasses import dataclass

BreachRow = dict[str, str | None]
"""A refusal as decisions keep it: code, message, limit, value, scope; figures as text."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an entry is turned down where no limit says so: a stable code and a sentence."""

    code: str
    message: str

    def breach(self) -> BreachRow:
        """The refusal as decisions keep it."""
        return {"code": self.code, "message": self.message, "limit": None, "value": None, "scope": None}


@dataclass(frozen=True, slots=True)
class NotYet:
    """Look again after so many seconds, or when something happens."""

    seconds: float
