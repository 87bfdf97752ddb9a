"""Faults on demand, so that clients' handling of them can be tested: set, listed, cleared, counted."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from paper_exchange.clock import TransportClock
from paper_exchange.engine.past import PastReads
from paper_exchange.randomness import seeded
from paper_exchange.server.fault_rules import (
    LONGEST_MS,
    FaultMode,
    Fields,
    FrameRule,
    Reader,
    RequestRule,
    frame_rule,
    request_rule,
)

KNOBS = frozenset({"seed", "latency_ms", "jitter_ms", "clock_offset_ms", "maintenance", "rules", "frames"})
LARGEST_SEED = 2**53
STALE_SECONDS = 1.0
MAINTENANCE = "maintenance"


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens to one request: held up for so long, and then the rule's mode (None: nothing else)."""

    hold_seconds: float = 0.0
    rule: RequestRule | None = None

    @property
    def mode(self) -> FaultMode | None:
        return None if self.rule is None else self.rule.mode


NO_FAULT = Fault()


@dataclass(slots=True)
class Faults:
    """The knobs as they stand. Everything random is drawn from `seed` and the order of events."""

    clock: TransportClock
    past: PastReads
    seed: int = 1
    latency_ms: float = 0.0
    jitter_ms: float = 0.0
    maintenance: bool = False
    rules: list[RequestRule] = field(default_factory=list)
    frames: list[FrameRule] = field(default_factory=list)
    fired: Counter[str] = field(default_factory=Counter)
    requests: int = 0

    @property
    def is_quiet(self) -> bool:
        """Nothing can happen to a request."""
        return not (self.rules or self.latency_ms or self.jitter_ms or self.maintenance)

    def take(self, method: str, path: str, account: str | None) -> Fault:
        """What happens to this request. Rules that only delay add up; of the others the first one wins."""
        self.requests += 1
        if self.is_quiet:
            return NO_FAULT
        held_ms = self.latency_ms
        if self.jitter_ms:
            held_ms += self.jitter_ms * seeded(self.seed, "jitter", self.requests).random()
        held = held_ms / 1_000
        for rule in self.rules:
            if not rule.matches(method, path, account) or not rule.trigger.pull():
                continue
            self.fired[rule.mode.value] += 1
            if rule.mode is not FaultMode.LATENCY:
                return Fault(held, rule)
            held += rule.delay_seconds(0.0)
        return Fault(held)

    def replace(self, fields: Fields) -> None:
        """Set everything anew from a JSON object; what is not named goes back to none. Totals stay."""
        reader = Reader(fields, "", KNOBS)
        reader.refuse_unknown()
        seed = reader.whole("seed", 0, LARGEST_SEED)
        seed = 1 if seed is None else seed
        latency, jitter = (
            reader.number("latency_ms", 0, LONGEST_MS),
            reader.number("jitter_ms", 0, LONGEST_MS),
        )
        offset = reader.whole("clock_offset_ms", -LONGEST_MS, LONGEST_MS)
        maintenance = reader.flag("maintenance")
        rules = [request_rule(one, seed, place) for place, one in enumerate(reader.objects("rules"))]
        frames = [frame_rule(one, seed, place) for place, one in enumerate(reader.objects("frames"))]
        # Nothing above changed anything: a refused object leaves the knobs as they were.
        self.seed, self.latency_ms, self.jitter_ms = seed, latency or 0.0, jitter or 0.0
        self.clock.offset_ms = offset or 0
        self.maintenance = maintenance
        self.rules, self.frames = rules, frames
        self.requests = 0
        stale = [rule.delay_seconds(STALE_SECONDS) for rule in rules if rule.mode is FaultMode.STALE]
        self.past.keep(max(stale, default=None))

    def clear(self) -> None:
        """No faults, and totals from zero."""
        self.replace({})
        self.fired.clear()

    def listing(self) -> Fields:
        """Everything as it stands, with what each rule matched and how often it fired."""
        return {
            "seed": self.seed,
            "latency_ms": self.latency_ms,
            "jitter_ms": self.jitter_ms,
            "clock_offset_ms": self.clock.offset_ms,
            "maintenance": self.maintenance,
            "requests": self.requests,
            "rules": [rule.fields() for rule in self.rules],
            "frames": [rule.fields() for rule in self.frames],
            "fired": dict(self.fired),
        }
