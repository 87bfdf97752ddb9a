"""The sweep's interval: what the address grants, divided by what an account costs."""

import pytest

from app.domain.sweep_budget import (
    account_weight,
    average_weight,
    compared_at_once,
    pause_seconds,
    reads_every_order,
)


def test_idle_account_costs_positions_and_balance() -> None:
    assert account_weight(0, every_order=False) == 10


def test_full_read_costs_every_order_and_the_ledger_more() -> None:
    assert account_weight(2, every_order=True) - account_weight(2, every_order=False) == 110


def test_sweeps_use_half_of_the_budget() -> None:
    weight = average_weight(1)
    per_minute = 60 / pause_seconds(weight, 2400)
    assert per_minute * weight == pytest.approx(1200)


def test_twice_the_addresses_halve_the_pause_and_half_the_accounts_double_it() -> None:
    assert pause_seconds(27.5, 4800) == pytest.approx(pause_seconds(27.5, 2400) / 2)
    assert pause_seconds(27.5, 2400, 0.5) == pytest.approx(pause_seconds(27.5, 2400) * 2)


@pytest.mark.parametrize("share", [0.0, 1.01, -1.0])
def test_share_outside_its_range_is_refused(share: float) -> None:
    with pytest.raises(ValueError, match="share"):
        pause_seconds(10, 2400, share)


@pytest.mark.parametrize(
    ("symbols", "weight", "expected"),
    [(39, 2_400, False), (40, 2_400, True), (1, 79_999, False), (1, 80_000, True)],
)
def test_orders_are_read_at_once_where_that_weighs_no_more_or_weight_is_ample(
    symbols: int, weight: int, expected: bool
) -> None:
    assert reads_every_order(symbols, weight) is expected


@pytest.mark.parametrize(
    ("symbols", "weight", "expected"), [(10, 2_400, 6), (10, 379, 1), (10, 1, 1), (0, 1_000_000, 32)]
)
def test_no_more_accounts_are_compared_at_once_than_can_end_within_the_share(
    symbols: int, weight: int, expected: int
) -> None:
    assert compared_at_once(symbols, weight, 32) == expected
