"""The rules by which requests and frames go wrong: what may be asked for, and when a rule fires."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum

from paper_exchange.engine.refusals import Refusal, VenueError
from paper_exchange.randomness import seeded

LONGEST_MS = 600_000
MOST_TIMES = 1_000_000_000
LONGEST_TEXT = 256
CODE = re.compile(r"code:(-[1-9][0-9]{0,5})")

Fields = dict[str, object]


class FaultMode(StrEnum):
    """What happens to a request. `_exec`, `exec`: it is carried out, whatever its sender is told."""

    LATENCY = "latency"
    TOO_MANY = "429"
    BANNED = "418"
    NOT_EXECUTED = "503"
    UNKNOWN = "503unknown"
    EXECUTED_UNKNOWN = "503exec"
    OVERLOADED = "1008"
    BACKEND_TIMEOUT = "1007"
    EXECUTED_BACKEND_TIMEOUT = "1007exec"
    SILENCE = "timeout"
    EXECUTED_SILENCE = "timeout_exec"
    RESET = "reset"
    RESET_EXECUTED = "reset_exec"
    LATE = "late"
    LATE_RESET = "late_reset"
    STALE = "stale"
    EMPTY_EXECUTED = "empty_exec"
    CUT_EXECUTED = "cut_exec"
    PAGE_EXECUTED = "page_exec"
    GATEWAY_EXECUTED = "502exec"
    CODE = "code"


class FrameMode(StrEnum):
    """What happens to a message of a user stream; `reorder` sends it after the one that follows it."""

    DROP = "drop"
    DUPLICATE = "duplicate"
    REORDER = "reorder"


@dataclass(slots=True)
class Trigger:
    """Which of the matching requests or frames a rule fires at: after `skip` of them, with probability
    `chance` (drawn from the seed and the rule's place, so repeatable), `count` times (None: without end).
    """

    seed: int
    place: str
    count: int | None = 1
    skip: int = 0
    chance: float = 1.0
    matched: int = 0
    fired: int = 0

    @property
    def is_spent(self) -> bool:
        return self.count is not None and self.fired >= self.count

    def pull(self) -> bool:
        """One more match: whether the rule fires at it."""
        if self.is_spent:
            return False
        self.matched += 1
        if self.matched <= self.skip or self.draw("chance") >= self.chance:
            return False
        self.fired += 1
        return True

    def draw(self, word: str) -> float:
        """A number in [0, 1) that belongs to the present match."""
        return seeded(self.seed, self.place, word, self.matched).random()

    def fields(self) -> Fields:
        return {
            "count": self.count,
            "skip": self.skip,
            "chance": self.chance,
            "matched": self.matched,
            "fired": self.fired,
        }


@dataclass(slots=True)
class RequestRule:
    """For requests whose path contains `path`, with that method and of that account where these are named."""

    path: str
    mode: FaultMode
    trigger: Trigger
    method: str | None = None
    account: str | None = None
    code: int | None = None
    delay_ms: float | None = None
    jitter_ms: float = 0.0

    def matches(self, method: str, path: str, account: str | None) -> bool:
        return self.path in path and self.method in (None, method) and self.account in (None, account)

    def delay_seconds(self, otherwise: float) -> float:
        """The rule's delay with its jitter for the present match; `otherwise` when it names none."""
        if self.delay_ms is None:
            return otherwise
        return (self.delay_ms + self.jitter_ms * self.trigger.draw("jitter")) / 1_000

    def fields(self) -> Fields:
        return {
            "path": self.path,
            "method": self.method,
            "account": self.account,
            "mode": self.mode.value if self.code is None else f"code:{self.code}",
            "delay_ms": self.delay_ms,
            "jitter_ms": self.jitter_ms,
        } | self.trigger.fields()


@dataclass(slots=True)
class FrameRule:
    """For user-stream messages of that event and account, where these are named."""

    mode: FrameMode
    trigger: Trigger
    event: str | None = None
    account: str | None = None

    def matches(self, account: str, event: str) -> bool:
        return self.event in (None, event) and self.account in (None, account)

    def fields(self) -> Fields:
        named: Fields = {"event": self.event, "account": self.account, "mode": self.mode.value}
        return named | self.trigger.fields()


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads one JSON object of faults; every refusal names the field."""

    fields: Fields
    within: str = ""
    known: frozenset[str] = field(default=frozenset())

    def refuse(self, name: str) -> VenueError:
        return VenueError(Refusal.BAD_FIELD, f"{self.within}.{name}" if self.within else name)

    def refuse_unknown(self) -> None:
        """A misspelt knob must not pass for one that is set."""
        for name in self.fields:
            if name not in self.known:
                raise self.refuse(name)

    def text(self, name: str) -> str | None:
        value = self.fields.get(name)
        if value is None:
            return None
        if not isinstance(value, str) or not 0 < len(value) <= LONGEST_TEXT:
            raise self.refuse(name)
        return value

    def number(self, name: str, least: float, most: float) -> float | None:
        value = self.fields.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
            raise self.refuse(name)
        return float(value)

    def whole(self, name: str, least: int, most: int) -> int | None:
        value = self.fields.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise self.refuse(name)
        return value

    def flag(self, name: str) -> bool:
        value = self.fields.get(name, False)
        if not isinstance(value, bool):
            raise self.refuse(name)
        return value

    def objects(self, name: str) -> list[Fields]:
        value = self.fields.get(name, [])
        if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
            raise self.refuse(name)
        return value


TRIGGER_FIELDS = frozenset({"count", "skip", "chance", "account", "mode"})
REQUEST_FIELDS = TRIGGER_FIELDS | {"path", "method", "delay_ms", "jitter_ms"}
FRAME_FIELDS = TRIGGER_FIELDS | {"event"}


def _trigger(reader: Reader, seed: int, place: str) -> Trigger:
    """`count` absent is once, null is without end."""
    count = reader.whole("count", 1, MOST_TIMES)
    if "count" not in reader.fields:
        count = 1
    chance = reader.number("chance", 0.0, 1.0)
    return Trigger(
        seed,
        place,
        count,
        reader.whole("skip", 0, MOST_TIMES) or 0,
        1.0 if chance is None else chance,
    )


def request_rule(fields: Fields, seed: int, place: int) -> RequestRule:
    reader = Reader(fields, "rules", REQUEST_FIELDS)
    reader.refuse_unknown()
    path, mode = reader.text("path"), reader.text("mode")
    if path is None:
        raise reader.refuse("path")
    coded = CODE.fullmatch(mode or "")
    if coded is None and mode not in {known.value for known in FaultMode if known is not FaultMode.CODE}:
        raise reader.refuse("mode")
    return RequestRule(
        path,
        FaultMode.CODE if coded is not None else FaultMode(str(mode)),
        _trigger(reader, seed, f"rule {place}"),
        reader.text("method"),
        reader.text("account"),
        int(coded.group(1)) if coded is not None else None,
        reader.number("delay_ms", 0, LONGEST_MS),
        reader.number("jitter_ms", 0, LONGEST_MS) or 0.0,
    )


def frame_rule(fields: Fields, seed: int, place: int) -> FrameRule:
    reader = Reader(fields, "frames", FRAME_FIELDS)
    reader.refuse_unknown()
    mode = reader.text("mode")
    if mode not in {known.value for known in FrameMode}:
        raise reader.refuse("mode")
    return FrameRule(
        FrameMode(str(mode)),
        _trigger(reader, seed, f"frame {place}"),
        reader.text("event"),
        reader.text("account"),
    )
