"""The monitor's gates against the rules asked of every row, over a million random ticks:
`make soak NAME=exits ARGS="--ticks 1000000"`. Prints how many ticks agreed, and fails at the first that does not.
"""

import argparse
import json
import os

from tests.services.trading.exit_walk import ExitWalk

TICKS_OF_A_WALK, POSITIONS, BATCH = 10_000, 20, 20


def main() -> None:
    """Walk until so many ticks agreed: every second walk a tick at a time, the others in batches."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ticks", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    done = events = asked = looked_at = 0
    while done < chosen.ticks:
        walk = ExitWalk(chosen.seed * 1_000_000 + done)
        ticks = min(TICKS_OF_A_WALK, chosen.ticks - done)
        walk.run(ticks, POSITIONS, batch=BATCH if done // TICKS_OF_A_WALK % 2 else 1)
        done, events = done + ticks, events + len(walk.events)
        asked, looked_at = asked + walk.asked, looked_at + walk.looked_at
    figures = {"exits.ticks": done, "exits.events": events, "exits.asked": asked, "exits.rows": looked_at}
    for name, value in (*figures.items(), ("exits.disagreements", 0)):
        print(json.dumps({"name": name, "value": value, "unit": "count", "limit": "every row at every tick"}))
    print(f"load of this machine: {os.getloadavg()[0]:.1f}, shared")


if __name__ == "__main__":
    main()
