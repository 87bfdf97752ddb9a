"""Between which prices nothing happens to an open position: the gates of each rule by itself, for both sides.

The long was entered at 100 with its stop at 98, so that R is 2; the tick is 0.1 and the step of a move a tenth of R.
"""

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest

from app.domain.exit_gates import (
    NEVER_MS,
    ROW,
    Gates,
    Rows,
    follows,
    gates,
    nearest_follower,
    parts_of,
    signed_rows,
    standing_stops,
)
from app.domain.types import Instrument
from tests.domain.examples import INSTRUMENT

TICK, WALL_MS = 0.1, 1_000
NEAR = 1e-9
"""The part of a price by which a gate stands too near."""
READ = np.dtype([(name, ROW[name]) for name in ROW.names or () if name != "kept"] + [("quantity", "f8")])


def instrument(step: str = "0.001", least: str = "0.001") -> Instrument:
    return replace(INSTRUMENT, quantity_step=Decimal(step), min_quantity=Decimal(least))


def rows(sign: float = 1.0, /, **changed: object) -> Rows:
    """One row: the position above, with a live stop, without a target and without anything that follows."""
    held = np.zeros(1, ROW)
    nan, inf = np.nan, np.inf
    figures: dict[str, object] = {
        "entry": sign * 100,
        "risk": 2,
        "stop": sign * 100 - 2,
        "best": sign * 100,
        "kept": sign * 100,
        "target": inf,
        "ladder": -inf,
        "activation": inf,
        "trail_fraction": nan,
        "trail_distance": nan,
        "volatility_multiple": nan,
        "volatility_distance": nan,
        "asked_high": -inf,
        "asked_low": inf,
        "time_ms": NEVER_MS,
        "live_stop": True,
        **changed,
    }
    for name, value in figures.items():
        held[name] = value
    return held


def of(held: Rows, sign: float = 1.0, wall_ms: int = WALL_MS, tick: float = TICK) -> Gates:
    return gates(held, sign, tick, wall_ms, 0.1)


def exactly(price: float) -> object:
    return pytest.approx(price, rel=1e-14, abs=0)


@pytest.mark.parametrize(
    ("quantity", "least", "parts"),
    [
        (0.0, "0.001", 0),
        (0.001, "0.001", 1),
        (0.002, "0.001", 2),
        (0.003, "0.001", 3),
        (0.003, "0.002", 1),
        (0.004, "0.002", 2),
        (0.005, "0.002", 2),
        (0.006, "0.002", 3),
        (0.001, "0", 1),
        (0.002, "0", 2),
    ],
)
def test_in_as_many_parts_as_each_is_an_order(quantity: float, least: str, parts: int) -> None:
    assert parts_of(np.array([quantity]), instrument(least=least)).tolist() == [parts]


def test_a_quantity_that_is_nearly_whole_steps_counts_as_whole() -> None:
    assert parts_of(np.array([0.3 - 1e-17]), instrument("0.1", "0.1")).tolist() == [3]


def read_row(**changed: object) -> Rows:
    read = np.zeros(1, READ)
    figures: dict[str, object] = {
        "trade": b"0123456789abcdef",
        "entry": 100.0,
        "risk": -2.0,
        "stop": 102.0,
        "best": 99.0,
        "target": 94.0,
        "activation": 98.0,
        "trail_fraction": 0.01,
        "trail_distance": np.nan,
        "parts": 1,
        "parts_taken": 1,
        "quantity": 0.003,
        "shard": 7,
        "time_ms": 5,
        "live_stop": True,
        **changed,
    }
    for name, value in figures.items():
        read[name] = value
    return read


def test_a_short_is_read_with_its_prices_signed() -> None:
    (row,) = signed_rows(read_row(), -1.0, instrument())
    signed = [row[name] for name in ("entry", "risk", "stop", "target", "activation", "best", "kept")]
    assert signed == [-100, 2, -102, -94, -98, -99, -99]
    assert (row["parts"], row["parts_taken"], row["shard"], row["time_ms"]) == (3, 1, 7, 5)
    assert (row["asked_high"], row["asked_low"]) == (-np.inf, np.inf)
    assert np.isnan(row["volatility_distance"])
    assert row["trail_fraction"] == 0.01
    assert bytes(row["trade"]) == b"0123456789abcdef"


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_without_target_or_activation_it_is_never_reached(sign: float) -> None:
    (row,) = signed_rows(read_row(target=np.nan, activation=np.nan), sign, instrument())
    assert (row["target"], row["activation"]) == (np.inf, np.inf)


def test_nothing_is_left_in_parts_that_is_not_wished_so_or_has_no_instrument() -> None:
    assert signed_rows(read_row(parts=0), -1.0, instrument())["parts"].tolist() == [0]
    assert signed_rows(read_row(), -1.0, None)["parts"].tolist() == [0]


@pytest.mark.parametrize(
    ("changed", "stop"),
    [
        ({}, 98.0),
        ({"trail_fraction": 0.01}, 98.0),  # it does not trail before it is armed
        ({"trail_fraction": 0.01, "armed": True}, 104.0),  # 103.95 on the tick to its winning side
        ({"trail_distance": 3.0, "armed": True}, 102.1),  # never a tick too far
        ({"trail_distance": 3.0}, 98.0),
        ({"volatility_distance": 2.01}, 103.0),
        ({"volatility_distance": 2.01, "trail_fraction": 0.01, "armed": True}, 104.0),
        ({"volatility_distance": 9.0}, 98.0),  # never looser than wanted
        ({"trail_fraction": 0.01, "trail_distance": 3.0, "armed": True}, 104.0),
    ],
)
def test_the_tightest_stop_stands(changed: dict[str, object], stop: float) -> None:
    assert standing_stops(rows(best=105.0, **changed), TICK).tolist() == [pytest.approx(stop, rel=1e-12)]


def test_a_shorts_stop_stands_above_its_best() -> None:
    held = rows(-1.0, best=-95.0, trail_fraction=0.01, armed=True)
    assert standing_stops(held, TICK).tolist() == [pytest.approx(-95.9, rel=1e-12)]


def test_a_position_whose_stop_the_venue_holds_waits_for_nothing() -> None:
    found = of(rows())
    assert (found.low[0], found.high[0]) == (-np.inf, np.inf)
    assert (found.due_ms[0], found.wake_ms[0]) == (NEVER_MS, NEVER_MS)


@pytest.mark.parametrize(("sign", "low"), [(1.0, 98 * (1 + NEAR)), (-1.0, -102 * (1 - NEAR))])
def test_a_stop_that_the_venue_does_not_hold_is_watched(sign: float, low: float) -> None:
    assert of(rows(sign, live_stop=False), sign).low[0] == exactly(low)


def test_a_stop_that_has_followed_is_watched_though_the_old_one_is_live() -> None:
    held = rows(best=105.0, trail_fraction=0.01, armed=True)
    assert of(held).low[0] == exactly(standing_stops(held, TICK)[0] * (1 + NEAR))


@pytest.mark.parametrize(("sign", "high"), [(1.0, 106 * (1 - NEAR)), (-1.0, -94 * (1 + NEAR))])
def test_the_target_is_a_gate(sign: float, high: float) -> None:
    assert of(rows(sign, target=sign * 100 + 6), sign).high[0] == exactly(high)


@pytest.mark.parametrize(
    ("best", "armed", "high", "due"),
    [
        (100.0, False, 102 * (1 - NEAR), NEVER_MS),
        (102.0, False, 102 * (1 - NEAR), 0),  # reached before it was asked
        (102 * (1 - NEAR), False, 102 * (1 - NEAR), 0),
        (101.9, False, 102 * (1 - NEAR), NEVER_MS),
        (103.0, True, np.inf, NEVER_MS),
    ],
)
def test_the_price_from_which_it_trails_is_a_gate_until_it_does(
    best: float, armed: bool, high: float, due: int
) -> None:
    found = of(rows(activation=102.0, best=best, armed=armed))
    assert found.high[0] == exactly(high)
    assert found.due_ms[0] == due


@pytest.mark.parametrize(
    ("parts", "taken", "high"),
    [
        (0, 0, np.inf),
        (1, 0, 105.9),
        (1, 1, np.inf),
        (2, 0, 101.9),
        (2, 1, 105.9),
        (2, 2, np.inf),
        (3, 0, 101.9),
        (3, 1, 103.9),
        (3, 2, 105.9),
        (3, 3, np.inf),
    ],
)
def test_the_next_part_is_a_gate_a_tick_before_its_price(parts: int, taken: int, high: float) -> None:
    assert of(rows(parts=parts, parts_taken=taken)).high[0] == exactly(high * (1 - NEAR))


@pytest.mark.parametrize("risk", [0.0, -2.0])
def test_no_part_is_due_where_r_is_not_defined(risk: float) -> None:
    assert of(rows(parts=3, risk=risk)).high[0] == np.inf


FOLLOWING: dict[str, object] = {"trail_fraction": 0.01, "armed": True, "stop": 102.0}
"""Best 103 has put the stop to 102; it is moved again for 102.2, to which what is above 102.1 is rounded."""
MOVE_AT = 102.1 / 0.99


def test_the_price_at_which_the_stop_has_improved_by_a_step_is_a_gate() -> None:
    found = of(rows(**FOLLOWING, best=103.0, target=110.0))
    assert found.high[0] == pytest.approx(MOVE_AT * (1 - NEAR), rel=1e-12)
    assert (found.due_ms[0], found.wake_ms[0]) == (NEVER_MS, NEVER_MS)


def test_a_step_is_at_least_a_tick() -> None:
    found = of(rows(**FOLLOWING, best=103.0, risk=0.5))
    assert found.high[0] == pytest.approx(102.0 / 0.99 * (1 - NEAR), rel=1e-12)


def test_a_shorts_stop_moves_the_other_way() -> None:
    found = of(rows(-1.0, trail_fraction=0.01, armed=True, best=-100.5), -1.0)
    assert found.high[0] == pytest.approx(-101.9 / 1.01 * (1 + NEAR), rel=1e-12)


@pytest.mark.parametrize(
    ("follower", "high"),
    [
        ({"trail_distance": 1.0, "armed": True}, 103.1),
        ({"trail_distance": 1.0}, np.inf),  # not before it is armed
        ({"trail_fraction": 0.01}, np.inf),
        ({"volatility_distance": 1.0}, 103.1),
        ({"volatility_distance": 2.0, "trail_distance": 1.5, "armed": True}, 103.6),
        ({"volatility_distance": 1.5, "trail_distance": 2.0, "armed": True}, 103.6),
        ({"trail_fraction": 0.5, "trail_distance": 1.5, "armed": True}, 103.6),
    ],
)
def test_the_follower_that_moves_first_counts(follower: dict[str, object], high: float) -> None:
    found = of(rows(stop=102.0, best=102.0, **follower))
    assert found.high[0] == pytest.approx(high * (1 - NEAR), rel=1e-12)


def test_a_move_that_was_missed_is_due_at_once() -> None:
    assert of(rows(**FOLLOWING, best=104.0)).due_ms[0] == 0
    assert of(rows(**FOLLOWING, best=MOVE_AT * (1 - 0.9 * NEAR))).due_ms[0] == 0
    assert of(rows(**FOLLOWING, best=MOVE_AT * (1 - 2 * NEAR))).due_ms[0] == NEVER_MS


def test_a_move_waits_for_the_least_interval_between_two() -> None:
    held = rows(**FOLLOWING, best=104.0, target=110.0, next_move_ms=2_000)
    waiting = of(held, wall_ms=1_999)
    assert (waiting.due_ms[0], waiting.wake_ms[0]) == (NEVER_MS, 2_000)
    assert waiting.high[0] == exactly(110 * (1 - NEAR))
    over = of(held, wall_ms=2_000)
    assert (over.due_ms[0], over.wake_ms[0]) == (0, NEVER_MS)
    still = of(rows(target=110.0, next_move_ms=2_000))
    assert still.wake_ms[0] == NEVER_MS  # nothing of it follows


def test_what_was_asked_for_nothing_is_not_asked_again() -> None:
    up = of(rows(**FOLLOWING, best=104.0, asked_high=104.0))
    assert up.due_ms[0] == NEVER_MS
    assert up.high[0] == np.nextafter(104.0, np.inf)
    down = of(rows(live_stop=False, asked_low=97.0))
    assert down.low[0] == np.nextafter(97.0, -np.inf)
    further = of(rows(**FOLLOWING, best=104.0, asked_high=103.9))
    assert further.due_ms[0] == 0


def test_a_time_is_a_gate_and_a_position_being_left_has_none() -> None:
    held: dict[str, object] = {"time_ms": 77, "live_stop": False, "target": 106.0}
    assert of(rows(**held)).due_ms[0] == 77
    left = of(rows(**held, **FOLLOWING | {"best": 104.0, "next_move_ms": 2_000}, quiet=True))
    assert (left.low[0], left.high[0]) == (-np.inf, np.inf)
    assert (left.due_ms[0], left.wake_ms[0]) == (NEVER_MS, NEVER_MS)


def test_without_a_tick_no_stop_follows_and_the_target_stands() -> None:
    found = of(rows(**FOLLOWING, best=104.0, target=110.0, parts=3, live_stop=False), tick=np.nan)
    assert found.low[0] == exactly(102 * (1 + NEAR))
    assert found.high[0] == exactly(110 * (1 - NEAR))
    assert found.due_ms[0] == NEVER_MS


@pytest.mark.parametrize(
    ("changed", "does"),
    [
        ({}, False),
        ({"armed": True}, False),
        ({"trail_fraction": 0.01}, False),
        ({"trail_fraction": 0.01, "armed": True}, True),
        ({"trail_distance": 1.0, "armed": True}, True),
        ({"trail_fraction": 0.01, "trail_distance": 1.0, "armed": True}, True),
        ({"volatility_distance": 1.0}, True),
    ],
)
def test_which_stops_follow_the_price(changed: dict[str, object], does: bool) -> None:
    assert follows(rows(**changed)).tolist() == [does]


def test_the_nearest_follower_of_many() -> None:
    held = np.concatenate(
        [
            rows(trail_fraction=0.02, armed=True),
            rows(trail_fraction=0.01, armed=True),
            rows(trail_fraction=0.001, trail_distance=0.1),  # these do not trail yet
            rows(trail_distance=3.0, armed=True),
            rows(volatility_distance=2.5),
        ]
    )
    assert nearest_follower(held) == (0.01, 2.5)
    assert nearest_follower(held[:1]) == (0.02, np.inf)
    assert nearest_follower(held[:0]) == (np.inf, np.inf)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_the_next_step_of_a_ladder_is_a_gate_and_the_stop_that_stands_nearer_is_one_before_it(
    sign: float,
) -> None:
    waits = rows(sign, ladder=sign * 100 - 1)
    assert of(waits, sign).low[0] == pytest.approx(sign * 100 - 1, abs=1e-6)
    assert of(waits, sign).low[0] > sign * 100 - 1  # a little too near, never too far
    bare = rows(sign, ladder=sign * 100 - 3, live_stop=False)
    assert of(bare, sign).low[0] == of(rows(sign, live_stop=False), sign).low[0]
    assert of(rows(sign, ladder=sign * 100 - 1, quiet=True), sign).low[0] == -np.inf


def test_a_position_without_a_ladder_and_with_a_live_stop_is_asked_at_no_price_below() -> None:
    for sign in (1.0, -1.0):
        (held,) = signed_rows(read_row(ladder=np.nan, parts=0), sign, INSTRUMENT)["ladder"].tolist()
        assert held == -np.inf


def test_a_coin_of_cents_is_asked_when_its_first_part_is_near() -> None:
    # 0.05 and R of 0.01: the first part at 0.06, asked for a tick before.
    cents = rows(entry=0.05, risk=0.01, stop=0.04, best=0.05, kept=0.05, parts=3)
    assert float(of(cents, tick=0.0001).high[0]) == pytest.approx(0.0599, rel=1e-8)


def test_a_move_that_is_due_at_the_best_price_itself_is_asked_at_once() -> None:
    # A step of 0.2 above 98 is reached 4 behind 102.1, where what is above 98.1 rounds to 98.2.
    held = rows(volatility_distance=4.0, target=np.inf)
    move = float(of(held).high[0])
    for best, due in ((move, 0), (move - 0.01, NEVER_MS)):
        asked = rows(volatility_distance=4.0, best=best, kept=best)
        assert int(of(asked).due_ms[0]) == due


def test_of_two_distances_of_one_row_the_nearer_follows() -> None:
    held = rows(armed=True, trail_distance=3.0, volatility_distance=2.0)
    assert nearest_follower(held) == (np.inf, 2.0)
    assert nearest_follower(rows(armed=False, trail_distance=1.0, volatility_distance=2.0)) == (np.inf, 2.0)
