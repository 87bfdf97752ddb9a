"""What a unit wins and loses, costs included."""

import math

import numpy as np
import pytest

from app.domain.trade_costs import comparable_units, loss_per_unit, reward_per_unit, reward_to_risk

ENTRY, STOP, TARGET = np.array([100.0]), np.array([90.0]), np.array([130.0])
FEE, SLIPPAGE, LONG = np.array([0.001]), np.array([0.01]), np.array([1.0])


def test_a_loss_is_distance_both_fees_and_the_slippage_of_leaving() -> None:
    assert loss_per_unit(ENTRY, STOP, FEE, SLIPPAGE).tolist() == pytest.approx([10 + 0.19 + 0.9])


def test_a_reward_is_distance_less_both_fees_and_the_slippage_of_leaving() -> None:
    assert reward_per_unit(LONG, ENTRY, TARGET, FEE, SLIPPAGE).tolist() == pytest.approx([30 - 0.23 - 1.3])
    short = reward_per_unit(-LONG, ENTRY, STOP, FEE, SLIPPAGE)
    assert short.tolist() == pytest.approx([10 - 0.19 - 0.9])


@pytest.mark.parametrize("scale", [1e-9, 1e-3, 1.0, 1e3])
def test_reward_and_risk_are_compared_at_the_same_scale(scale: float) -> None:
    reward, risk = comparable_units(np.array([3.0 * scale]), np.array([2.0 * scale]))
    assert int(reward[0]) * 2 == pytest.approx(int(risk[0]) * 3, rel=1e-6)
    assert int(risk[0]) >= 2 * 10**8


@pytest.mark.parametrize(
    ("reward", "risk", "ratio"),
    [
        (3.0, 2.0, 1.5),
        (-1.0, 2.0, -0.5),
        (math.nan, 2.0, None),
        (3.0, 0.0, None),
        (3.0, -1.0, None),
        (3.0, 0.5, 6.0),
    ],
)
def test_a_ratio_is_undefined_without_a_target_or_a_risk(
    reward: float, risk: float, ratio: float | None
) -> None:
    found = reward_to_risk(reward, risk)
    assert (None if math.isnan(found) else found) == ratio


@pytest.mark.parametrize(
    ("risk", "factor"),
    [(2_500.0, 1.0), (250.0, 10.0), (2.5, 1e3), (0.0025, 1e6), (2.5e-9, 1e12), (2.5e-12, 1e12), (0.0, 1e3)],
)
def test_both_are_raised_by_one_power_of_ten_up_to_a_trillion(risk: float, factor: float) -> None:
    """One by one and as columns; without a risk as for a risk of 1."""
    raised = round(7e-4 * factor * 1e8), round(risk * factor * 1e8)
    assert comparable_units(7e-4, risk) == raised
    rewards, risks = comparable_units(np.array([7e-4]), np.array([risk]))
    assert (rewards.tolist(), risks.tolist()) == ([raised[0]], [raised[1]])
