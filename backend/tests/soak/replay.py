"""Two months of hourly market at 3600 times real time, with processes killed on the way.

    make soak NAME=replay ARGS="--kills 100 --labelled 30"

Starts the product as a stranger would (`stackalpha up --replay`), kills executor, monitor, jobs and API with
SIGKILL at random and at labelled points between SENDING and a live stop, waits for the replay to end and the
system to settle, and then asks `stackalpha verify`. Prints one JSON object per figure; exits 1 when an order was
duplicated or lost, a position is unprotected, or the books differ. Loopback only.
"""

import argparse
import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.request import Request, urlopen

import asyncpg

from app.adapters.embedded.ports import free_port
from app.cli.run_folder import RunFolder, running_settings
from app.core.config import BACKEND_DIR, ROOT_DIR, asyncpg_dsn, role_database_url
from app.core.crash_points import CRASH_POINTS

VICTIMS = ("executor", "monitor", "jobs", "api")
DATA = ROOT_DIR.parent / "shared" / "data"
LABEL_WAIT_SECONDS = 12.0
BETWEEN_SENDING_AND_A_LIVE_STOP = frozenset(
    {
        "after_commit_sending_entry",
        "after_response_entry",
        "after_record_entry",
        "after_commit_intent_stop",
        "after_commit_sending_stop",
        "after_response_stop",
        "after_record_stop",
    }
)
SETTLE_SECONDS = 60.0


@dataclass
class Tally:
    """What was done to the product."""

    random_kills: Counter[str] = field(default_factory=Counter)
    labelled_kills: Counter[str] = field(default_factory=Counter)

    @property
    def total(self) -> int:
        return self.random_kills.total() + self.labelled_kills.total()


def environment(var_dir: Path) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("STACKALPHA_")}
    clean.pop("DATABASE_URL", None)
    clean.pop("REDIS_URL", None)
    return clean | {
        "STACKALPHA_VAR_DIR": str(var_dir),
        "STACKALPHA_CRASH_FILE": str(var_dir / "crash_point"),
        "PYTHONPATH": str(BACKEND_DIR),
    }


def start(arguments: argparse.Namespace, var_dir: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "app.cli", "up", "--replay", str(arguments.data)]
    command += ["--speed", str(arguments.speed), "--port", str(free_port()), "--fresh"]
    log = (var_dir / "up.log").open("wb")
    return subprocess.Popen(command, env=environment(var_dir), stdout=log, stderr=subprocess.STDOUT)


def paper_status(settings_url: str, token: str) -> dict[str, object]:
    request = Request(f"{settings_url}/sim/status", headers={"X-Sim-Token": token})
    with urlopen(request, timeout=5) as answer:
        status: dict[str, object] = json.load(answer)
    return status


def until(condition: Callable[[], bool], seconds: float, pause: float = 0.05) -> bool:
    """Poll until the condition holds; False when the time is up."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(pause)
    return condition()


def kill(folder: RunFolder, name: str) -> bool:
    pid = folder.read_pid(name)
    if pid is None:
        return False
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    until(lambda: folder.read_pid(name) not in (None, pid), 10)
    return True


def kill_at_label(crash_file: Path, label: str) -> bool:
    """Arm one label; True when a process reached it and died there."""
    fresh = crash_file.with_suffix(".new")
    fresh.write_text(label)
    fresh.replace(crash_file)
    if until(lambda: not crash_file.exists(), LABEL_WAIT_SECONDS, 0.01):
        return True
    try:
        crash_file.unlink()
    except FileNotFoundError:
        return True
    return False


def torment(arguments: argparse.Namespace, var_dir: Path, finished: Callable[[], bool]) -> Tally:
    """Kill until the quota is met or the replay has ended."""
    tally, dice, folder = Tally(), random.Random(arguments.seed), RunFolder(var_dir)
    labels = [label for label in CRASH_POINTS if label in BETWEEN_SENDING_AND_A_LIVE_STOP]
    while tally.total < arguments.kills and not finished():
        missing = arguments.labelled - tally.labelled_kills.total()
        if missing > 0 and dice.random() < arguments.label_share:
            label = dice.choice(labels)
            if kill_at_label(var_dir / "crash_point", label):
                tally.labelled_kills[label] += 1
        else:
            name = dice.choice(VICTIMS)
            if kill(folder, name):
                tally.random_kills[name] += 1
        print(f"\r{tally.total} kills, {tally.labelled_kills.total()} at labelled points", end="", flush=True)
        time.sleep(dice.uniform(0.5, arguments.pause))
    print()
    return tally


async def figures(var_dir: Path) -> dict[str, object]:
    """Counts for the report, read as the system role."""
    settings = running_settings()
    connection = await asyncpg.connect(asyncpg_dsn(role_database_url(settings, "stackalpha_system")))
    try:
        closed = await connection.fetch(
            "SELECT side, exit_reason, count(*) AS n FROM trades WHERE status = 'CLOSED' GROUP BY 1, 2"
        )
        breaches = await connection.fetch(
            "SELECT b->>'code' AS code, count(*) AS n FROM risk_decisions, jsonb_array_elements(breaches) b"
            " WHERE NOT approved GROUP BY 1 ORDER BY 2 DESC"
        )
    finally:
        await connection.close()
    sides, reasons = Counter[str](), Counter[str]()
    for row in closed:
        sides[row["side"]] += row["n"]
        reasons[row["exit_reason"] or "unknown"] += row["n"]
    return {
        "closed": sides.total(),
        "sides": dict(sides),
        "exit_reasons": dict(reasons),
        "breaches": {row["code"]: row["n"] for row in breaches},
    }


def verify(var_dir: Path) -> tuple[int, str]:
    command = [sys.executable, "-m", "app.cli", "verify"]
    answer = subprocess.run(command, env=environment(var_dir), capture_output=True, text=True, check=False)
    return answer.returncode, answer.stdout + answer.stderr


def report(tally: Tally, facts: dict[str, object], code: int, kills_wanted: int) -> int:
    def line(name: str, value: object, unit: str, limit: object = None) -> None:
        print(json.dumps({"name": name, "value": value, "unit": unit, "limit": limit}))

    line("replay.kills", tally.total, "kills", kills_wanted)
    line("replay.labelled_kills", tally.labelled_kills.total(), "kills")
    line("replay.labels", dict(tally.labelled_kills), "kills per label")
    line("replay.killed", dict(tally.random_kills), "kills per process")
    for name, value in facts.items():
        line(f"replay.{name}", value, "trades")
    line("replay.verify_exit_code", code, "code", 0)
    return 0 if code == 0 and tally.total >= kills_wanted else 1


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--speed", type=float, default=3600)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--labelled", type=int, default=35)
    parser.add_argument("--label-share", type=float, default=0.6)
    parser.add_argument("--pause", type=float, default=6.0, help="longest pause between two kills, seconds")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--var", type=Path, default=ROOT_DIR / "var" / "soak-replay")
    return parser.parse_args()


def main() -> int:
    arguments = parse()
    if not any(arguments.data.glob("*_perp_1h_*")):
        print(f"No replay files in {arguments.data}: name a folder with --data.")
        return 0
    var_dir: Path = arguments.var
    var_dir.mkdir(parents=True, exist_ok=True)
    product = start(arguments, var_dir)
    os.environ.update(environment(var_dir))
    try:
        if not until(lambda: RunFolder(var_dir).read_pid("jobs") is not None, 180):
            print((var_dir / "up.log").read_text()[-2000:])
            return 1
        settings = running_settings()

        def finished() -> bool:
            try:
                return bool(paper_status(settings.paper_url, settings.paper_token)["finished"])
            except OSError:
                return False

        tally = torment(arguments, var_dir, finished)
        until(finished, 3600, 1.0)
        code, text = 1, ""
        end = time.monotonic() + SETTLE_SECONDS
        while code and time.monotonic() < end:  # the system settles: sweeps resolve what is unknown
            code, text = verify(var_dir)
        print(text)
        return report(tally, asyncio.run(figures(var_dir)), code, arguments.kills)
    finally:
        product.send_signal(signal.SIGTERM)
        product.wait(timeout=60)


if __name__ == "__main__":
    raise SystemExit(main())
