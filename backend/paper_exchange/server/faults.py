"""Faults on demand, so that clients' handling of them can be tested: first form."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from paper_exchange.engine.refusals import Refusal, VenueError
from paper_exchange.randomness import seeded


class FaultMode(StrEnum):
    TOO_MANY = "429"
    NOT_EXECUTED = "503"
    EXECUTED_UNKNOWN = "503exec"
    EXECUTED_TIMEOUT = "timeout_exec"
    RESET = "reset"
    RESET_EXECUTED = "reset_exec"


@dataclass(slots=True)
class FaultRule:
    """Applies to the next `count` requests whose path contains `path`; `method` None means any."""

    path: str
    mode: FaultMode
    count: int
    method: str | None = None


@dataclass(slots=True)
class Faults:
    """Delays in milliseconds of every request, and the rules still to be applied."""

    latency_ms: float = 0.0
    jitter_ms: float = 0.0
    rules: list[FaultRule] = field(default_factory=list)
    _asked: int = 0

    def delay_seconds(self) -> float:
        """How long the present request is held up."""
        self._asked += 1
        jitter = self.jitter_ms * seeded("jitter", self._asked).random() if self.jitter_ms else 0.0
        return (self.latency_ms + jitter) / 1_000

    def take(self, method: str, path: str) -> FaultMode | None:
        """The fault for this request, used up by it; None when there is none."""
        for rule in self.rules:
            if rule.path in path and rule.method in (None, method):
                rule.count -= 1
                if rule.count <= 0:
                    self.rules.remove(rule)
                return rule.mode
        return None

    def replace(self, fields: dict[str, object]) -> None:
        """Set everything anew from a JSON object; what is not named goes back to none."""
        self.latency_ms = _milliseconds(fields, "latency_ms")
        self.jitter_ms = _milliseconds(fields, "jitter_ms")
        rules = fields.get("rules", [])
        if not isinstance(rules, list):
            raise VenueError(Refusal.BAD_FIELD, "rules")
        self.rules = [_rule(rule) for rule in rules]


def _milliseconds(fields: dict[str, object], name: str) -> float:
    value = fields.get(name, 0)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 600_000:  # noqa: PLR2004
        raise VenueError(Refusal.BAD_FIELD, name)
    return float(value)


def _rule(fields: object) -> FaultRule:
    if not isinstance(fields, dict):
        raise VenueError(Refusal.BAD_FIELD, "rules")
    path, method, mode, count = (fields.get(name) for name in ("path", "method", "mode", "count"))
    if not isinstance(path, str) or not (method is None or isinstance(method, str)):
        raise VenueError(Refusal.BAD_FIELD, "rules.path")
    if not isinstance(mode, str) or mode not in {known.value for known in FaultMode}:
        raise VenueError(Refusal.BAD_FIELD, "rules.mode")
    if count is None:
        count = 1
    if isinstance(count, bool) or not isinstance(count, int) or count < 1:
        raise VenueError(Refusal.BAD_FIELD, "rules.count")
    return FaultRule(path, FaultMode(mode), count, method)
