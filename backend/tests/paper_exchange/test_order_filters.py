"""Every filter just inside, exactly at and just outside; None is what passes, a number the venue's code."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from paper_exchange.engine.contracts import Contract
from paper_exchange.engine.orders import ConditionalRequest, OrderRequest
from paper_exchange.engine.refusals import VenueError
from tests.paper_exchange.small_venue import START_MS, SmallVenue

TEN_MINUTES_MS = 600_000
LAST_MS = 253_402_300_799_000

LIMIT = OrderRequest("BTCUSDT", "BUY", "LIMIT", Decimal("0.1"), Decimal(59_000), "GTC")
MARKET = OrderRequest("BTCUSDT", "BUY", "MARKET", Decimal("0.1"))
DATED = replace(LIMIT, time_in_force="GTD")
STOP = ConditionalRequest("BTCUSDT", "SELL", "STOP_MARKET", Decimal(59_000), Decimal("0.1"))
STOP_LIMIT = replace(STOP, type="STOP", price=Decimal(58_900))
TRAILING = ConditionalRequest(
    "BTCUSDT", "SELL", "TRAILING_STOP_MARKET", quantity=Decimal("0.1"), callback_fraction=Decimal("0.01")
)


def outcome(venue: SmallVenue, request: OrderRequest | ConditionalRequest) -> int | None:
    """None when it is accepted, else the code of its refusal."""
    try:
        if isinstance(request, OrderRequest):
            venue.exchange.place(venue.trader, request, venue.now)
        else:
            venue.exchange.place_conditional(venue.trader, request, venue.now)
    except VenueError as refused:
        return refused.refusal.code
    return None


def quantity(text: str, request: OrderRequest = LIMIT) -> OrderRequest:
    return replace(request, quantity=Decimal(text))


def price(text: str, request: OrderRequest = LIMIT) -> OrderRequest:
    return replace(request, price=Decimal(text))


def stop(**changed: str) -> ConditionalRequest:
    return replace(STOP, **{name: Decimal(text) for name, text in changed.items()})  # type: ignore[arg-type]


def trailing(**changed: str) -> ConditionalRequest:
    return replace(TRAILING, **{name: Decimal(text) for name, text in changed.items()})  # type: ignore[arg-type]


def until(good_till_ms: int | None) -> OrderRequest:
    return replace(DATED, good_till_ms=good_till_ms)


CASES: list[tuple[str, OrderRequest | ConditionalRequest, int | None]] = [
    ("LOT_SIZE one step", quantity("0.001"), None),
    ("LOT_SIZE below a step", quantity("0.0009"), -1111),
    ("LOT_SIZE between steps", quantity("0.0011"), -1111),
    ("LOT_SIZE at most", quantity("1000"), None),
    ("LOT_SIZE above", quantity("1000.001"), -4005),
    ("LOT_SIZE zero", quantity("0"), -4003),
    ("MARKET_LOT_SIZE at most", quantity("120", MARKET), None),
    ("MARKET_LOT_SIZE above", quantity("120.001", MARKET), -4005),
    ("MARKET_LOT_SIZE of a stop at most", stop(quantity="120"), None),
    ("MARKET_LOT_SIZE of a stop above", stop(quantity="120.001"), -4005),
    ("PRICE_FILTER one tick", price("0.1"), -4164),
    ("PRICE_FILTER zero", price("0"), -4001),
    ("PRICE_FILTER between ticks", price("59000.05"), -4014),
    ("PRICE_FILTER at most, stopped by the band", price("10000000"), -4016),
    ("PRICE_FILTER above", price("10000000.1"), -4002),
    ("PRICE_FILTER of a trigger zero", stop(trigger_price="0"), -4006),
    ("PRICE_FILTER of a trigger above", stop(trigger_price="10000000.1"), -4007),
    ("PRICE_FILTER of a trigger between ticks", stop(trigger_price="59000.05"), -4014),
    ("PERCENT_PRICE buy inside", price("62999.9"), None),
    ("PERCENT_PRICE buy at", price("63000"), None),
    ("PERCENT_PRICE buy outside", price("63000.1"), -4016),
    ("PERCENT_PRICE sell inside", price("57000.1", replace(LIMIT, side="SELL")), None),
    ("PERCENT_PRICE sell at", price("57000", replace(LIMIT, side="SELL")), None),
    ("PERCENT_PRICE sell outside", price("56999.9", replace(LIMIT, side="SELL")), -4024),
    ("PERCENT_PRICE of a stop's limit at", replace(STOP_LIMIT, price=Decimal(56_050)), None),
    ("PERCENT_PRICE of a stop's limit outside", replace(STOP_LIMIT, price=Decimal("56049.9")), -4184),
    (
        "PERCENT_PRICE of a buy stop's limit outside",
        replace(STOP_LIMIT, side="BUY", trigger_price=Decimal(61_000), price=Decimal("64050.1")),
        -4183,
    ),
    ("MIN_NOTIONAL above", quantity("0.002", price("2500.1")), None),
    ("MIN_NOTIONAL at", quantity("0.002", price("2500")), None),
    ("MIN_NOTIONAL below", quantity("0.002", price("2499.9")), -4164),
    ("MIN_NOTIONAL of a stop at", stop(quantity="0.001", trigger_price="5000"), None),
    ("MIN_NOTIONAL of a stop below", stop(quantity="0.001", trigger_price="4999.9"), -4164),
    ("goodTillDate too soon", until(START_MS + TEN_MINUTES_MS), -5040),
    ("goodTillDate soonest", until(START_MS + TEN_MINUTES_MS + 1), None),
    ("goodTillDate latest", until(LAST_MS - 1), None),
    ("goodTillDate too late", until(LAST_MS), -5040),
    ("goodTillDate missing", until(None), -1102),
    ("goodTillDate without GTD", replace(LIMIT, good_till_ms=LAST_MS - 1), -1106),
    ("callbackRate below", trailing(callback_fraction="0.00099"), -2007),
    ("callbackRate least", trailing(callback_fraction="0.001"), None),
    ("callbackRate greatest", trailing(callback_fraction="0.1"), None),
    ("callbackRate above", trailing(callback_fraction="0.10001"), -2007),
    ("callbackRate missing", replace(TRAILING, callback_fraction=None), -1102),
    ("activatePrice ahead", trailing(activation_price="60000.1"), None),
    ("activatePrice at the price", trailing(activation_price="60000"), -2021),
    ("activatePrice behind", trailing(activation_price="59999.9"), -2021),
    (
        "activatePrice of a buy ahead",
        replace(TRAILING, side="BUY", activation_price=Decimal("59999.9")),
        None,
    ),
    (
        "activatePrice of a buy at the price",
        replace(TRAILING, side="BUY", activation_price=Decimal(60_000)),
        -2021,
    ),
    ("trigger ahead", stop(trigger_price="59999.9"), None),
    ("trigger at the price", stop(trigger_price="60000"), -2021),
    ("trigger behind", stop(trigger_price="60000.1"), -2021),
    ("selfTradePreventionMode unknown", replace(LIMIT, self_trade_prevention="EXPIRE_ALL"), -5039),
    ("priceMatch unknown", replace(LIMIT, price=None, price_match="BEST"), -5037),
    ("priceMatch beside a price", replace(LIMIT, price_match="QUEUE"), -1106),
    ("priceMatch of a market order", replace(MARKET, price_match="QUEUE"), -5038),
    ("priceMatch of a market stop", replace(STOP, price_match="QUEUE"), -5038),
    ("price of a market order", replace(MARKET, price=Decimal(60_000)), -1106),
    ("timeInForce of a market order", replace(MARKET, time_in_force="IOC"), -1106),
    ("closePosition of a plain order", replace(MARKET, close_position=True), -4136),
    (
        "closePosition of a trailing stop",
        replace(TRAILING, quantity=None, close_position=True),
        -4136,
    ),
    ("closePosition of a stop limit", replace(STOP_LIMIT, quantity=None, close_position=True), -4136),
    ("closePosition with a quantity", replace(STOP, close_position=True), -4137),
    (
        "closePosition with reduceOnly",
        replace(STOP, quantity=None, close_position=True, reduce_only=True),
        -1106,
    ),
    ("closePosition alone", replace(STOP, quantity=None, close_position=True), None),
]


@pytest.mark.parametrize(("name", "request_", "code"), CASES, ids=[case[0] for case in CASES])
def test_filter_lets_in_or_refuses(
    name: str, request_: OrderRequest | ConditionalRequest, code: int | None
) -> None:
    assert outcome(SmallVenue(deposit="1000000000"), request_) == code


def _few(contract: Contract) -> Contract:
    return replace(contract, max_orders=2, max_conditionals=2)


@pytest.mark.parametrize(("request_", "code"), [(LIMIT, -2025), (STOP, -4045)])
def test_as_many_may_wait_as_the_filter_says(request_: OrderRequest | ConditionalRequest, code: int) -> None:
    venue = SmallVenue()
    market = venue.market()
    market.contract = _few(market.contract)
    assert [outcome(venue, request_) for _ in range(3)] == [None, None, code]


def test_market_order_is_refused_when_the_best_price_is_beyond_the_band() -> None:
    venue = SmallVenue(deposit="1000000")
    venue.market().record.mark = venue.market().best_ask / Decimal("1.05")
    assert outcome(venue, MARKET) is None
    venue.market().record.mark -= Decimal("0.01")
    assert outcome(venue, MARKET) == -4131


def test_one_closing_stop_of_a_kind_and_direction() -> None:
    venue = SmallVenue()
    closing = replace(STOP, quantity=None, close_position=True)
    profit = replace(closing, type="TAKE_PROFIT_MARKET", trigger_price=Decimal(61_000))
    other_way = replace(closing, side="BUY", trigger_price=Decimal(61_000))
    second = replace(closing, trigger_price=Decimal(58_000))
    assert [outcome(venue, one) for one in (closing, profit, other_way, second)] == [None, None, None, -4130]


# Each line breaks one rule more than the line after it: the venue names the first.
ORDER_OF_CHECKS: list[tuple[int, dict[str, object]]] = [
    (-1102, {"quantity": None}),
    (-1121, {"symbol": "NOPE"}),
    (-1117, {"side": "HOLD"}),
    (-1115, {"time_in_force": "DAY"}),
    (-5039, {"self_trade_prevention": "ALL"}),
    (-4061, {"position_side": "LONG"}),
    (-4015, {"client_id": "no spaces"}),
    (-1111, {"quantity": Decimal("0.0001")}),
    (-4014, {"price": Decimal("0.05")}),
    (-2022, {"reduce_only": True}),
]


def test_of_several_faults_the_first_in_the_venues_order_is_named() -> None:
    venue = SmallVenue()
    for place, (code, _) in enumerate(ORDER_OF_CHECKS):
        wrong: dict[str, object] = {}
        for _, fault in reversed(ORDER_OF_CHECKS[place:]):
            wrong |= fault
        assert outcome(venue, replace(LIMIT, **wrong)) == code  # type: ignore[arg-type]
