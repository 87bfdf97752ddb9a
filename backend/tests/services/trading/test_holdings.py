"""What a live trade counts for: the rest of its plan at its worst, what it holds at the mark."""

from dataclasses import replace
from decimal import Decimal

import pytest

from app.services.trading.holdings import Holding, Marked
from tests.domain import examples
from tests.services.trading.gate_rows_examples import trade

INSTRUMENT = replace(examples.INSTRUMENT, contract_size=Decimal(10), taker_fee_rate=Decimal("0.001"))
AT_110 = Marked(Decimal(110), INSTRUMENT)
UNMARKED = Marked(None, INSTRUMENT)
FIGURES = ("reserved_notional", "reserved_risk")


def reserved(**changed: object) -> list[Decimal]:
    return [getattr(Holding.of(trade(**changed)), name) for name in FIGURES]


def test_the_rest_of_a_working_entry_is_reserved() -> None:
    assert reserved(entry_works=True) == [200, 10]
    assert reserved(entry_works=True, quantity=Decimal(0)) == [400, 20]
    assert reserved(entry_works=True, quantity=Decimal(5)) == [0, 0]  # more than was planned
    assert reserved() == [0, 0]


def test_a_reservation_is_rounded_up() -> None:
    thirds = {"entry_works": True, "quantity": Decimal(2), "planned_quantity": Decimal(3)}
    assert reserved(**thirds, planned_notional=Decimal(100), risk_amount=Decimal(10)) == [
        Decimal("33.33333334"),
        Decimal("3.33333334"),
    ]


def test_an_addition_under_way_is_reserved_unless_it_is_what_is_asked_about() -> None:
    adding = {"entry_works": True, "adding_notional": Decimal(50), "adding_risk": Decimal(3)}
    assert reserved(**adding) == [250, 13]
    asked = Holding.of(trade(**adding), is_added_to=True)
    assert [asked.reserved_notional, asked.reserved_risk] == [200, 10]


def test_margin_and_fee_of_what_may_still_fill_are_reserved() -> None:
    held = Holding.of(trade(entry_works=True))
    assert held.reserved_margin(AT_110) == Decimal("40.2")  # a fifth of 200, and a thousandth
    assert held.reserved_margin(Marked(Decimal(110), None)) == 40
    assert Holding.of(trade()).reserved_margin(AT_110) == 0


def test_what_is_held_counts_at_the_mark() -> None:
    held = Holding.of(trade())
    assert not held.is_pending
    assert held.notional(AT_110) == 2_200
    assert held.margin(AT_110) == 440
    assert held.unrealized(AT_110) == 200
    assert held.net == -3
    assert Holding.of(trade(side="short")).unrealized(AT_110) == -200
    assert Holding.of(trade()).notional(Marked(Decimal(110), None)) == 220


def test_without_a_mark_nobody_knows() -> None:
    held = Holding.of(trade())
    assert (held.notional(UNMARKED), held.margin(UNMARKED), held.unrealized(UNMARKED)) == (None,) * 3
    assert Holding.of(trade(entry_price=None)).unrealized(AT_110) is None


@pytest.mark.parametrize("market", [AT_110, UNMARKED])
def test_a_pending_entry_holds_nothing(market: Marked) -> None:
    held = Holding.of(trade(quantity=Decimal(0), entry_price=None, entry_works=True))
    assert held.is_pending
    assert [held.notional(market), held.margin(market), held.unrealized(market), held.open_risk(market)] == [
        0
    ] * 4


@pytest.mark.parametrize(
    ("changed", "market", "risk"),
    [
        # 20 coins lose 5 each, a thousandth at both ends and half of one in slippage at the stop
        ({}, AT_110, Decimal(100) + Decimal(20) * (Decimal("0.195") + Decimal("0.0475"))),
        ({}, UNMARKED, Decimal("104.85")),
        ({"has_live_stop": False}, AT_110, Decimal(2_200)),
        ({"has_live_stop": False}, UNMARKED, None),
        ({"entry_price": None}, AT_110, Decimal(2_200)),
        ({"entry_price": None}, UNMARKED, None),
    ],
)
def test_what_is_held_risks_the_way_to_its_stop_or_all_of_it(
    changed: dict[str, object], market: Marked, risk: Decimal | None
) -> None:
    assert Holding.of(trade(**changed)).open_risk(market) == risk
