"""How many mutants were killed, of each module and of each kind, and whether that is enough."""

import json
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from math import sqrt

from tests.soak.equivalent_mutants import ENDLESS, EQUIVALENT
from tests.soak.mutant_trial import NOT_ENDED, SERVICES, Trial, Verdict

UNWIRED = "unwired"
LEAST_KILLED = 0.9
Z = 1.959964
"""Standard deviations about the middle that hold 95 % of a normal distribution."""


def judge(verdicts: Sequence[tuple[Trial, Verdict | None]], totals: Mapping[str, int]) -> int:
    """Print the survivors and the scores of each module and of the kinds; 0 where enough of each kind are killed and
    no limit can be unwired. `totals` is the number of all mutants of each module that was asked for."""
    modules: dict[str, dict[str, int]] = defaultdict(_nothing)
    kinds: dict[str, dict[str, int]] = defaultdict(_nothing)
    unwired = False
    for trial, verdict in verdicts:
        fate = _fate(trial, verdict)
        module, kind = modules[_module_of(trial)], kinds[_kind_of(trial)]
        for score in (module, kind):
            score[fate] += 1
        if verdict is not None and fate == "survived":
            sys.stdout.write(f"survived: {trial.judged} {trial.name}: {trial.line} {verdict.by}\n")
            unwired |= trial.unwires
        elif verdict is not None and trial.at_gate and trial.unwires:
            sys.stdout.write(f"{trial.name}: {fate} by {verdict.by or verdict.killed_by}\n")
    for asked, total in totals.items():
        modules[asked]["total"] += total
        kinds[_kind_named(asked)]["total"] += total
    for name, score in [*modules.items(), *kinds.items()]:
        sys.stdout.write(json.dumps({"name": f"mutants killed: {name}", **_line(score)}) + "\n")
    tried = [score for score in kinds.values() if _tried(score)]
    enough = bool(tried) and all(score["killed"] / _tried(score) >= LEAST_KILLED for score in tried)
    return 0 if enough and not unwired else 1


def interval(killed: int, tried: int) -> tuple[float, float]:
    """Return the 95 % confidence interval of a fraction of which a sample is known (Wilson 1927). `tried` > 0."""
    fraction, per = killed / tried, Z * Z / tried
    middle = (fraction + per / 2) / (1 + per)
    half = Z * sqrt(fraction * (1 - fraction) / tried + per / (4 * tried)) / (1 + per)
    return max(0.0, middle - half), min(1.0, middle + half)


def _nothing() -> dict[str, int]:
    return dict.fromkeys(("killed", "survived", "equivalent", "left", "total"), 0)


def _fate(trial: Trial, verdict: Verdict | None) -> str:
    if verdict is None:
        return "left"
    if verdict.killed_by is not None or (verdict.by == NOT_ENDED and trial.named in ENDLESS):
        return "killed"
    return "equivalent" if trial.named in EQUIVALENT else "survived"


def _tried(score: Mapping[str, int]) -> int:
    return score["killed"] + score["survived"]


def _line(score: Mapping[str, int]) -> dict[str, float | int | str | list[float]]:
    tried = _tried(score)
    line: dict[str, float | int | str | list[float]] = {
        "value": round(score["killed"] / tried, 4) if tried else 0.0,
        "unit": "fraction",
        "killed": score["killed"],
        "tried": tried,
        "equivalent": score["equivalent"],
        "total": score["total"],
    }
    if tried and tried + score["equivalent"] < score["total"]:
        line["sampled, 95 % between"] = [round(end, 4) for end in interval(score["killed"], tried)]
    return line


def _module_of(trial: Trial) -> str:
    return UNWIRED if trial.at_gate and trial.unwires else trial.module


def _kind_of(trial: Trial) -> str:
    return _kind_named(_module_of(trial))


def _kind_named(module: str) -> str:
    if module == UNWIRED:
        return "every limit unwired at the gate"
    return "the gate's services" if module.startswith(SERVICES) else "the domain"
