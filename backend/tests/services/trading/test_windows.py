"""When loss windows begin, what they come to over a user's wallets, and when a limit latches."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from app.domain.limits import LossWindow, RiskLimits
from app.domain.loss_windows import LEAST, WindowLength
from app.domain.risk_limits import NO_OPINION
from app.repositories.gate_rows import StateRow, WalletRow
from app.services.trading.windows import (
    LENGTHS,
    Windows,
    is_reached,
    quarter_hour,
    window_starts,
    windows_of,
)
from tests.services.trading.gate_rows_examples import (
    BEFORE,
    DAY,
    EQUITY,
    MONTH,
    NOON,
    OTHER,
    WALLET,
    WEEK,
    state,
    wallet,
)

MOMENT = timedelta(microseconds=1)
LIMITS = {
    WindowLength.DAY: ("max_daily_loss_usd", "max_daily_loss_fraction"),
    WindowLength.WEEK: ("max_weekly_loss_usd", "max_weekly_loss_fraction"),
    WindowLength.MONTH: ("max_monthly_loss_usd", "max_monthly_loss_fraction"),
}


def limit(length: WindowLength, usd: str | None = None, fraction: str | None = None) -> RiskLimits:
    asked = zip(LIMITS[length], (usd, fraction), strict=True)
    held: Any = {name: None if text is None else Decimal(text) for name, text in asked}
    return replace(NO_OPINION, **held)


def windows(
    user: StateRow | None,
    *states: StateRow,
    rows: Sequence[WalletRow] | None = None,
    equity: Mapping[UUID, Decimal | None] | None = None,
) -> Windows:
    known = equity if equity is not None else {one.id: one.equity for one in states}
    return Windows(
        zone="UTC",
        market_time=NOON,
        user=user,
        wallets={one.id: one for one in states},
        rows=[wallet(one.id) for one in states] if rows is None else rows,
        equity=known.get,
    )


def rolled(held: Windows, of_wallet: RiskLimits = NO_OPINION, of_user: RiskLimits = NO_OPINION) -> Windows:
    held.roll(lambda _: of_wallet, of_user)
    return held


def test_a_time_falls_into_its_quarter_of_an_hour() -> None:
    assert quarter_hour(NOON + timedelta(minutes=45) - MOMENT) == NOON + timedelta(minutes=30)
    assert quarter_hour(NOON + timedelta(minutes=45)) == NOON + timedelta(minutes=45)
    assert window_starts(NOON, "UTC") == (DAY, WEEK, MONTH)


def test_flows_count_as_paid_in_or_paid_out() -> None:
    held = state(day_flows=Decimal(30), week_flows=Decimal(-20), week_tripped_at=NOON)
    assert windows_of(held) == (
        LossWindow(EQUITY, Decimal(30), Decimal(0)),
        LossWindow(EQUITY, Decimal(0), Decimal(20), tripped=True),
        LossWindow(EQUITY),
    )
    assert windows_of(state(day_start_equity=None, month_tripped_at=NOON)) == (
        None,
        LossWindow(EQUITY),
        LossWindow(EQUITY, tripped=True),
    )
    assert windows_of(None) == (None, None, None)


PAID_OUT = LossWindow(EQUITY, Decimal(200), Decimal(5_000))
"""What was left of the start is 5,000; with what was paid in 5,200."""


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize(
    ("window", "equity", "usd", "fraction", "reached"),
    [
        (PAID_OUT, "4900", "300", None, True),
        (PAID_OUT, "4900.00000001", "300", None, False),
        (PAID_OUT, "4950", None, "0.05", True),
        (PAID_OUT, "4950.00000001", None, "0.05", False),
        (PAID_OUT, "4900", "301", "0.0601", False),
        (PAID_OUT, "4900", "301", "0.06", True),
        (PAID_OUT, "4900", "300", "0.0601", True),
        (PAID_OUT, "4000", None, None, False),
        (PAID_OUT, "5200", "0", None, True),
        (PAID_OUT, "5200.00000001", "0", None, False),
        (LossWindow(EQUITY, Decimal(0), EQUITY), "0", None, "0.05", True),  # of nothing every part is lost
        (None, "4000", "300", "0.05", False),
    ],
)
def test_a_limit_is_reached_at_its_very_value(
    length: WindowLength,
    window: LossWindow | None,
    equity: str,
    usd: str | None,
    fraction: str | None,
    reached: bool,
) -> None:
    assert is_reached(window, Decimal(equity), limit(length, usd, fraction), length) is reached
    for other in LENGTHS:
        if other is not length:
            assert not is_reached(window, Decimal(equity), limit(other, usd, fraction), length)


@pytest.mark.parametrize("length", LENGTHS)
def test_a_window_whose_time_has_come_begins_at_what_is_there(length: WindowLength) -> None:
    starts = dict(zip(LENGTHS, (DAY, WEEK, MONTH), strict=True))
    old: dict[str, object] = {
        f"{length}_start": starts[length] - LEAST[length],
        f"{length}_flows": Decimal(7),
        f"{length}_tripped_at": BEFORE,
        "equity": Decimal(9_900),
    }
    of_wallet, of_user = state(**old), state(None, **old)
    held = rolled(windows(of_user, of_wallet))
    for row in (of_wallet, of_user):
        figures = [
            getattr(row, f"{length}_{name}") for name in ("start", "start_equity", "flows", "tripped_at")
        ]
        assert figures == [starts[length], 9_900, 0, None]
        assert held.changed[row.id] is row
    assert held.start(length) == starts[length]
    assert held.of_wallet(WALLET)[LENGTHS.index(length)] == LossWindow(Decimal(9_900))
    others = [window for window, one in zip(held.of_user(), LENGTHS, strict=True) if one is not length]
    assert others == [LossWindow(EQUITY)] * 2


def test_a_window_that_has_begun_goes_on() -> None:
    of_wallet, of_user = (state(one, day_flows=Decimal(30), day_tripped_at=NOON) for one in (WALLET, None))
    held = rolled(windows(of_user, of_wallet))
    assert held.changed == {}
    assert held.of_wallet(WALLET)[0] == LossWindow(EQUITY, Decimal(30), tripped=True)
    assert held.of_user()[0] == LossWindow(EQUITY, Decimal(30), tripped=True)


def test_the_users_window_begins_with_the_sums_of_its_wallets() -> None:
    first, second = (
        state(day_flows=Decimal(30)),
        state(OTHER, day_start_equity=Decimal(500), day_flows=Decimal(-10)),
    )
    of_user = state(None, day_start=None, day_start_equity=None, day_tripped_at=BEFORE)
    held = rolled(windows(of_user, first, second))
    assert [of_user.day_start, of_user.day_start_equity, of_user.day_flows] == [DAY, 10_500, 20]
    assert of_user.day_tripped_at is None
    assert held.of_user()[0] == LossWindow(Decimal(10_500), Decimal(30), Decimal(10))
    assert held.user_equity() == 20_000


@pytest.mark.parametrize("before", [True, False])
def test_what_one_wallet_has_not_is_not_known_of_the_user(before: bool) -> None:
    second = state(OTHER, day_start_equity=None)
    held = windows(state(None), state(), second, equity={WALLET: EQUITY, OTHER: None})
    if not before:
        rolled(held)
    assert held.user_equity() is None
    assert held.of_user() == (None, LossWindow(2 * EQUITY), LossWindow(2 * EQUITY))
    assert held.of_wallet(OTHER)[0] is None


@pytest.mark.parametrize("length", LENGTHS)
def test_a_wallets_and_a_users_limit_latch_by_themselves(length: WindowLength) -> None:
    at = LENGTHS.index(length)
    column = f"{length}_tripped_at"
    for of_wallet, of_user in ((limit(length, "300"), NO_OPINION), (NO_OPINION, limit(length, "300"))):
        own, sums = state(equity=Decimal(9_700)), state(None)
        held = rolled(windows(sums, own), of_wallet, of_user)
        tripped = own if of_user is NO_OPINION else sums
        other = sums if tripped is own else own
        assert (getattr(tripped, column), getattr(other, column)) == (NOON, None)
        assert list(held.changed) == [tripped.id]
        assert held.of_wallet(WALLET)[at] == LossWindow(EQUITY, tripped=tripped is own)
        assert held.of_user()[at] == LossWindow(EQUITY, tripped=tripped is sums)


def test_a_limit_latches_once() -> None:
    own, sums = state(equity=Decimal(9_700), day_tripped_at=DAY), state(None, day_tripped_at=DAY)
    held = rolled(windows(sums, own), limit(WindowLength.DAY, "300"), limit(WindowLength.DAY, "300"))
    assert (own.day_tripped_at, sums.day_tripped_at) == (DAY, DAY)
    assert held.changed == {}


def test_what_tripped_in_an_earlier_window_is_over() -> None:
    sums = state(None, day_start=DAY - timedelta(days=1), day_tripped_at=BEFORE)
    unread = windows(sums, state())
    assert unread.of_user()[0] == LossWindow(EQUITY)
    sums.day_start = DAY
    assert windows(sums, state()).of_user()[0] == LossWindow(EQUITY, tripped=True)


def test_a_peak_is_lifted_and_only_a_first_one_is_written() -> None:
    own, sums = state(equity=EQUITY + 1), state(None)
    assert rolled(windows(sums, own)).changed == {}
    assert (own.peak_equity, sums.peak_equity) == (EQUITY + 1, EQUITY + 1)
    lower, sums = state(equity=EQUITY - 1), state(None, peak_equity=None)
    assert list(rolled(windows(sums, lower)).changed) == [sums.id]
    assert (lower.peak_equity, sums.peak_equity) == (EQUITY, EQUITY - 1)


def test_a_wallet_whose_equity_is_not_known_begins_nothing() -> None:
    own, sums = state(day_start=BEFORE), state(None, day_start=BEFORE)
    held = rolled(windows(sums, own, equity={WALLET: None}))
    assert (own.day_start, sums.day_start) == (BEFORE, BEFORE)
    assert held.changed == {}
    assert held.of_user()[0] == LossWindow(EQUITY)


def archived(**changed: object) -> Windows:
    """A wallet of 10,000 beside one that was archived with 400 of the 500 that it began with and 20 paid in."""
    lost = {"day_start_equity": Decimal(500), "day_flows": Decimal(20)}
    gone = state(OTHER, **lost | changed)
    rows = [wallet(), wallet(OTHER, status="archived")]
    return windows(state(None), state(), gone, rows=rows, equity={WALLET: EQUITY, OTHER: Decimal(400)})


def test_archiving_a_wallet_undoes_no_loss_of_its_window() -> None:
    held = archived()
    assert held.counted() == [WALLET]
    assert rolled(held).of_user()[0] == LossWindow(EQUITY + 120)
    assert held.user_equity() == EQUITY
    assert archived().of_user()[0] == LossWindow(EQUITY + 120)
    assert rolled(archived(day_flows=Decimal(-20))).of_user()[0] == LossWindow(EQUITY + 80)
    assert rolled(archived(day_start=DAY - LEAST[WindowLength.DAY])).of_user()[0] == LossWindow(EQUITY)
    assert rolled(archived(day_start=None)).of_user()[0] == LossWindow(EQUITY)
    assert rolled(archived(day_start_equity=None)).of_user()[0] == LossWindow(EQUITY)


def test_an_archived_wallet_begins_no_window_and_trips_nothing() -> None:
    gone = state(OTHER, day_start=BEFORE)
    rows = [wallet(), wallet(OTHER, status="archived")]
    held = windows(state(None), state(), gone, rows=rows, equity={WALLET: EQUITY, OTHER: Decimal(0)})
    rolled(held, limit(WindowLength.WEEK, "300"))
    assert gone.day_start == BEFORE
    assert gone.week_tripped_at is None
