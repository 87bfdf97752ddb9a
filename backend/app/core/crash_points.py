"""Named places at which a test may kill this process with SIGKILL, between one durable step and the next.

Outside tests a call is a dictionary look-up and nothing else. A test names a file in STACKALPHA_CRASH_FILE
and writes a label into it: the first process that passes that label takes the file away and dies.
"""

import os
import signal
from pathlib import Path
from typing import Final

VARIABLE: Final = "STACKALPHA_CRASH_FILE"
# a stop that replaces another is a "move", a further order of an entry a "slice"
LEGS: Final = ("entry", "slice", "stop", "move", "exit", "scale_out", "add")
STEPS: Final = (
    "after_commit_sending",
    "after_response",
    "after_record",
    "after_unknown",
    "after_query",
    "after_not_accepted",
)
CRASH_POINTS: Final = (
    "after_commit_intent",
    "after_set_leverage",
    *(f"{step}_{leg}" for leg in LEGS for step in STEPS),
    "after_commit_intent_slice",
    "after_commit_intent_stop",
    "after_commit_intent_move",
    "after_commit_intent_exit",
    "after_commit_intent_scale_out",
    "after_commit_intent_add",
    "before_cancel_stop",
    "after_cancel_stop",
    "after_record_cancel",
    "before_cancel_entry",
    "after_cancel_entry",
    "after_record_cancel_entry",
    "after_end_entry",
    "after_end_add",
    "after_end_ladder",
)
MESSAGE_CRASH_POINTS: Final = ("after_claim_message", "after_send_message")


def crash_point(label: str) -> None:
    """Die here if a test asked for it."""
    path = os.environ.get(VARIABLE)
    if path is None:
        return
    if label not in CRASH_POINTS + MESSAGE_CRASH_POINTS:
        raise ValueError(f"{label} is not a crash point")
    if _is_asked_for(Path(path), label):
        os.kill(os.getpid(), signal.SIGKILL)


def _is_asked_for(file: Path, label: str) -> bool:
    """Whether the file holds this label; if so it is taken away, by one process only."""
    taken = file.with_name(f"{file.name}.{os.getpid()}")
    try:
        if file.read_text().strip() != label:
            return False
        file.rename(taken)
    except FileNotFoundError:
        return False
    taken.unlink()
    return True
