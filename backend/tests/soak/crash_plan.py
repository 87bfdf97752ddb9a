"""Where an executor is killed, and what the venue does wrong meanwhile: every pair that can be met."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from app.core.crash_points import CRASH_POINTS

PLAIN, CONDITIONAL = "/fapi/v1/order", "/fapi/v1/algoOrder"
PATHS: Final = {
    "entry": PLAIN,
    "slice": PLAIN,
    "stop": CONDITIONAL,
    "move": CONDITIONAL,
    "exit": PLAIN,
    "scale_out": PLAIN,
    "add": PLAIN,
}
GROUPS: Final = (("entry", "stop", "slice"), ("add",), ("move",), ("scale_out",), ("exit",))
_OF_A_WORKED_ENTRY: Final = (
    "before_cancel_entry",
    "after_cancel_entry",
    "after_record_cancel_entry",
    "after_end_entry",
)
_CANCELS: Final = ("before_cancel_stop", "after_cancel_stop", "after_record_cancel")
_ON_POST: Final[dict[str, dict[str, object]]] = {
    "503exec": {},
    "1007exec": {},
    "reset_exec": {},
    "timeout_exec": {"delay_ms": 600},
    "late": {"delay_ms": 300},
    "late_reset": {"delay_ms": 300},
    "reset": {},
    "503unknown": {},
    "1007": {},
    "1008": {},
    "503": {},
    "latency": {"delay_ms": 150, "jitter_ms": 150},
}
EXECUTED: Final = ("503exec", "1007exec", "reset_exec", "timeout_exec", "late", "late_reset", "late+stale")
NOT_EXECUTED: Final = ("reset", "503unknown", "1007")
HARMLESS: Final = ("none", "1008", "503", "latency", "stale")
FAULTS: Final = (*HARMLESS, *EXECUTED, *NOT_EXECUTED)
STALE_MS: Final = 700


@dataclass(frozen=True, slots=True)
class Blow:
    """One kill: at a label, or (None) at a moment drawn from the seed, under one fault of the venue."""

    leg: str
    label: str | None
    fault: str

    @property
    def key(self) -> str:
        return f"{self.label}/{self.fault}" if self.label else f"random {self.leg}/{self.fault}"


def leg_of(label: str) -> str:
    """What the executor is doing when it dies there."""
    if label in _OF_A_WORKED_ENTRY:
        return "slice"
    if label in _CANCELS:
        return "move"
    if label == "after_end_ladder":  # with the first part that leaves
        return "scale_out"
    return next((leg for leg in ("scale_out", *PATHS) if label.endswith(f"_{leg}")), "entry")


def every_pair() -> Iterator[Blow]:
    """Every label with every fault under which it is passed."""
    for label in CRASH_POINTS:
        if label.startswith(("after_unknown", "after_query")):
            faults: tuple[str, ...] = (*EXECUTED, *NOT_EXECUTED)
        elif label.startswith(("after_not_accepted", "after_end_add")):
            faults = NOT_EXECUTED
        elif label.startswith("after_record"):
            faults = (*HARMLESS, *EXECUTED)
        elif label.startswith("after_response"):
            faults = HARMLESS
        else:
            faults = FAULTS
        for fault in faults:
            yield Blow(leg_of(label), label, fault)


def every_label() -> frozenset[str]:
    """The labels at which an order can be killed, from the one list that the product itself knows."""
    return frozenset(CRASH_POINTS)


def at_random(leg: str, dice: random.Random) -> Blow:
    return Blow(leg, None, dice.choice(FAULTS))


def rules_of(blow: Blow, count: int) -> dict[str, object]:
    """The body of `/sim/fault`: the order's own path fails `count` times, reads lag where asked."""
    rules: list[dict[str, object]] = []
    for mode in blow.fault.split("+"):
        if mode == "stale":
            rules.append(
                {"path": "/fapi/", "method": "GET", "mode": "stale", "delay_ms": STALE_MS, "count": None}
            )
        elif mode != "none":
            rule = {"path": PATHS[blow.leg], "method": "POST", "mode": mode, "count": count}
            rules.append(rule | _ON_POST[mode])
    return {"rules": rules}
