"""Each refusal with the venue's own code; every case differs in one fact from an order that passes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import TypedDict

import pytest

from paper_exchange.engine.orders import ConditionalRequest, OrderRequest
from paper_exchange.engine.refusals import VenueError
from tests.paper_exchange.small_venue import SmallVenue


class Changed(TypedDict, total=False):
    """The one fact in which a case differs."""

    symbol: str
    side: str
    type: str
    quantity: Decimal | None
    price: Decimal | None
    time_in_force: str | None
    position_side: str
    client_id: str
    reduce_only: bool


class ChangedStop(TypedDict, total=False):
    """The same of a conditional order."""

    symbol: str
    side: str
    type: str
    trigger_price: Decimal | None
    quantity: Decimal | None
    time_in_force: str
    position_side: str
    client_id: str
    close_position: bool
    working_type: str


LIMIT = OrderRequest("BTCUSDT", "BUY", "LIMIT", Decimal("0.1"), Decimal(59_000), "GTC")
STOP = ConditionalRequest("BTCUSDT", "SELL", "STOP_MARKET", Decimal(59_000), Decimal("0.1"), reduce_only=True)

ORDER_CASES: list[tuple[int, Changed]] = [
    (-1121, {"symbol": "NOPEUSDT"}),
    (-1117, {"side": "HOLD"}),
    (-1116, {"type": "ICEBERG"}),
    (-4120, {"type": "STOP_MARKET"}),
    (-1115, {"time_in_force": "DAY"}),
    (-1102, {"time_in_force": None}),
    (-4061, {"position_side": "LONG"}),
    (-4015, {"client_id": "no spaces"}),
    (-4116, {"client_id": "open"}),
    (-1102, {"quantity": None}),
    (-4003, {"quantity": Decimal(0)}),
    (-4003, {"quantity": Decimal(-1)}),
    (-1111, {"quantity": Decimal("0.0001")}),
    (-4005, {"quantity": Decimal(1_001)}),
    (-1102, {"price": None}),
    (-4001, {"price": Decimal(0)}),
    (-4014, {"price": Decimal("59000.01")}),
    (-4016, {"price": Decimal(63_001)}),
    (-4024, {"side": "SELL", "price": Decimal(56_999)}),
    (-2022, {"reduce_only": True, "side": "BUY"}),
    (-4164, {"quantity": Decimal("0.001"), "price": Decimal(4_000)}),
    (-5022, {"time_in_force": "GTX", "price": Decimal(61_000)}),
    (-5021, {"time_in_force": "FOK"}),
    (-2019, {"quantity": Decimal("3.5")}),
]

CONDITIONAL_CASES: list[tuple[int, ChangedStop]] = [
    (-1121, {"symbol": "NOPEUSDT"}),
    (-1117, {"side": "HOLD"}),
    (-1116, {"type": "LIMIT"}),
    (-1115, {"time_in_force": "DAY"}),
    (-1130, {"working_type": "INDEX"}),
    (-4061, {"position_side": "SHORT"}),
    (-4116, {"client_id": "waiting"}),
    (-4137, {"close_position": True}),
    (-1102, {"quantity": None}),
    (-1111, {"quantity": Decimal("0.0001")}),
    (-1102, {"trigger_price": None}),
    (-4014, {"trigger_price": Decimal("59000.05")}),
    (-1102, {"type": "STOP"}),
    (-2022, {"side": "BUY", "trigger_price": Decimal(61_000)}),
    (-2021, {"trigger_price": Decimal(60_500)}),
    (-2021, {"type": "TAKE_PROFIT_MARKET"}),
]


@pytest.fixture
def venue() -> SmallVenue:
    """The trader holds 0.1 BTC long, one open order and one waiting stop."""
    small = SmallVenue()
    small.order("BUY", "0.1")
    small.order("BUY", "0.001", price="58000", client_id="open")
    small.conditional("SELL", "STOP_MARKET", "50000", client_id="waiting")
    return small


def test_the_passing_order_passes(venue: SmallVenue) -> None:
    assert venue.exchange.place(venue.trader, LIMIT, venue.now).is_open
    assert venue.exchange.place_conditional(venue.trader, STOP, venue.now).is_waiting


@pytest.mark.parametrize(("code", "changed"), ORDER_CASES)
def test_order_is_refused_with_its_code(venue: SmallVenue, code: int, changed: Changed) -> None:
    with pytest.raises(VenueError) as refused:
        venue.exchange.place(venue.trader, replace(LIMIT, **changed), venue.now)
    assert refused.value.refusal.code == code


@pytest.mark.parametrize(("code", "changed"), CONDITIONAL_CASES)
def test_conditional_is_refused_with_its_code(venue: SmallVenue, code: int, changed: ChangedStop) -> None:
    with pytest.raises(VenueError) as refused:
        venue.exchange.place_conditional(venue.trader, replace(STOP, **changed), venue.now)
    assert refused.value.refusal.code == code


def test_settings_are_refused_with_their_codes(venue: SmallVenue) -> None:
    exchange, trader, now = venue.exchange, venue.trader, venue.now
    cases: list[tuple[int, Callable[[], object]]] = [
        (-4028, lambda: exchange.set_leverage(trader, "BTCUSDT", 126, now)),
        (-4028, lambda: exchange.set_leverage(trader, "BTCUSDT", 0, now)),
        (-4046, lambda: exchange.set_margin_type(trader, "BTCUSDT", "CROSSED", now)),
        (-1102, lambda: exchange.set_margin_type(trader, "BTCUSDT", "PORTFOLIO", now)),
        (-4047, lambda: exchange.set_margin_type(trader, "BTCUSDT", "ISOLATED", now)),
        (-4059, lambda: exchange.set_hedge_mode(trader, False, now)),
        (-4067, lambda: exchange.set_hedge_mode(trader, True, now)),
        (-4084, lambda: exchange.set_multi_assets(True)),
        (-4171, lambda: exchange.set_multi_assets(False)),
        (-2011, lambda: exchange.cancel(trader, "BTCUSDT", None, now)),
        (-2011, lambda: exchange.cancel_conditional(trader, None, now)),
    ]
    for code, act in cases:
        with pytest.raises(VenueError) as refused:
            act()
        assert refused.value.refusal.code == code


def test_leverage_cannot_fall_below_what_the_balance_carries(venue: SmallVenue) -> None:
    venue.order("BUY", "1")
    with pytest.raises(VenueError) as refused:
        venue.exchange.set_leverage(venue.trader, "BTCUSDT", 1, venue.now)
    assert refused.value.refusal.code == -2028
    assert venue.trader.leverage("BTCUSDT") == 20


def test_position_beyond_the_bracket_of_its_leverage_is_refused(venue: SmallVenue) -> None:
    venue.exchange.set_leverage(venue.trader, "BTCUSDT", 125, venue.now)
    with pytest.raises(VenueError) as refused:
        venue.exchange.place(venue.trader, replace(LIMIT, quantity=Decimal("0.8")), venue.now)
    assert refused.value.refusal.code == -2027


def test_closing_needs_no_margin(venue: SmallVenue) -> None:
    venue.order("BUY", "2.5")
    venue.tick("59500")
    amount = venue.trader.amount("BTCUSDT")
    venue.order("SELL", str(amount))
    assert venue.trader.amount("BTCUSDT") == 0
