"""P&L by what a trade was and by what caused it: each cut sums to the account's P&L, to the last unit."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings

from app.domain.attribution import (
    UNITS_PER_QUOTE,
    Causes,
    Cut,
    TradeColumns,
    attribution,
    labels_of,
    net_total,
    total,
)
from tests.domain.random_accounts import accounts, check_account

ONE = UNITS_PER_QUOTE


def trades(
    realized: list[int], risk: list[int], *, slippage: int = 0, fees: int = 0, symbols: str = ""
) -> TradeColumns:
    """Trades in whole quote units."""
    count = len(realized)

    def column(values: list[int]) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
        return np.array(values, dtype=np.int64) * ONE

    return TradeColumns(
        labels={Cut.SYMBOL: labels_of(list(symbols or "A" * count))},
        is_trade=np.ones(count, dtype=np.bool_),
        opened_ms=np.zeros(count, dtype=np.int64),
        closed_ms=np.arange(count, dtype=np.int64),
        realized=column(realized),
        fees=column([fees] * count),
        funding=column([0] * count),
        slippage=column([slippage] * count),
        risk=column(risk),
    )


@settings(max_examples=60, deadline=None)
@given(accounts)
def test_curve_fills_attribution_and_ledger_agree(events: list[tuple[object, ...]]) -> None:
    """`make soak NAME=accounts` does the same with a thousand accounts and more."""
    check_account(events)


def test_equal_risks_leave_nothing_to_sizing() -> None:
    assert total(trades([30, -10], [10, 10])) == Causes(20 * ONE, 0, 0, 0, 0)


def test_risking_more_on_the_winner_is_what_sizing_added() -> None:
    """Two trades of +1 R and -1 R at equal risk come to nothing; 30 was risked on the first and 10 on the other."""
    assert total(trades([30, -10], [30, 10])) == Causes(0, 20 * ONE, 0, 0, 0)


def test_costs_stand_apart_from_what_the_decision_made() -> None:
    found = total(trades([30, -10], [10, 10], slippage=2, fees=-1))
    assert found == Causes(24 * ONE, 0, -4 * ONE, -2 * ONE, 0)
    assert found.net == 18 * ONE


def test_a_trade_of_unknown_risk_is_all_signal() -> None:
    assert total(trades([30, -10], [0, 10])) == Causes(20 * ONE, 0, 0, 0, 0)


def test_shares_stand_in_order_of_what_they_made() -> None:
    found = attribution(trades([30, -10, 5], [10, 10, 10], symbols="ABA"), Cut.SYMBOL)
    assert [(share.key, share.trades, share.causes.net // ONE) for share in found] == [
        ("A", 2, 35),
        ("B", 1, -10),
    ]


def test_sums_beyond_64_bits_stay_exact() -> None:
    most = 90_000_000_000
    found = total(trades([most] * 4, [0] * 4))
    assert found.net == 4 * most * ONE
    assert found.net > 2**63


@pytest.mark.parametrize("cut", [Cut.SYMBOL])
def test_no_trades_have_no_shares(cut: Cut) -> None:
    empty = trades([1], [1]).chosen(np.zeros(1, dtype=np.bool_))
    assert attribution(empty, cut) == []
    assert total(empty) == Causes(0, 0, 0, 0, 0)


def test_the_net_of_rows_and_of_all_of_them_is_made_of_the_same_parts() -> None:
    held = trades([30, -10], [10, 10], slippage=2, fees=-1)
    held = replace(held, funding=np.array([3, -1]) * ONE)
    assert held.net.tolist() == [32 * ONE, -12 * ONE]
    assert net_total(held) == 20 * ONE == total(held).net
    assert net_total(held.chosen(np.array([False, True]))) == -12 * ONE
    assert net_total(held.chosen(np.zeros(2, dtype=np.bool_))) == 0
    assert total(held.chosen(np.zeros(2, dtype=np.bool_))) == Causes(0, 0, 0, 0, 0)


def test_rows_that_stand_apart_keep_their_order() -> None:
    held = trades([1, 2, 3, 4], [1, 2, 3, 4], symbols="ABAB").chosen(np.array([True, False, True, True]))
    assert held.realized.tolist() == [ONE, 3 * ONE, 4 * ONE]
    assert held.risk.tolist() == [ONE, 3 * ONE, 4 * ONE]
    assert {share.key: share.trades for share in attribution(held, Cut.SYMBOL)} == {"A": 2, "B": 1}


def test_every_label_has_one_share() -> None:
    found = attribution(trades([4, 3, 2, 1, 1], [1] * 5, symbols="ABBCC"), Cut.SYMBOL)
    assert [(share.key, share.trades, share.causes.net // ONE) for share in found] == [
        ("B", 2, 5),
        ("A", 1, 4),
        ("C", 2, 2),
    ]


def test_what_was_won_at_an_unknown_risk_leaves_the_others_their_sizing() -> None:
    """Of -1 R and +1 R at risks of 30 and 10 nothing would be left at the mean risk of 20; 20 were lost by sizing."""
    assert total(trades([30, -30, 10], [0, 30, 10])) == Causes(30 * ONE, -20 * ONE, 0, 0, 0)


def test_the_least_unit_of_risk_is_a_known_one() -> None:
    """+3 R and -1 R at risks of 1 and 3 units of 1e-8, at their mean of 2: 6 - 2."""
    held = replace(
        trades([0, 0], [0, 0]),
        realized=np.array([3, -3], dtype=np.int64),
        risk=np.array([1, 3], dtype=np.int64),
    )
    assert total(held) == Causes(4, -4, 0, 0, 0)


def test_a_signal_beyond_what_64_bits_hold_is_bounded_and_the_sum_stays_exact() -> None:
    """9e18 units made at a risk of one would be 4e37 at the mean risk of 4.5e18."""
    held = replace(
        trades([0, 0], [0, 0]),
        realized=np.array([9 * 10**18, 0], dtype=np.int64),
        risk=np.array([1, 9 * 10**18], dtype=np.int64),
    )
    assert total(held) == Causes(2**62, 9 * 10**18 - 2**62, 0, 0, 0)


def test_of_no_rows_none_are_chosen() -> None:
    none = trades([], [])
    assert none.chosen(np.zeros(0, dtype=np.bool_)).realized.size == 0
