"""Liquidation and funding."""

from __future__ import annotations

import contextlib
from decimal import Decimal

import pytest

from paper_exchange.engine import margin
from paper_exchange.engine.events import Liquidated, MarginCalled, OrderChanged
from paper_exchange.engine.money import money
from paper_exchange.engine.orders import IncomeType, PositionSide
from paper_exchange.engine.refusals import VenueError
from paper_exchange.randomness import seeded
from tests.paper_exchange.small_venue import FUNDING_MS, SmallVenue


def test_liquidation_below_maintenance_closes_and_charges() -> None:
    venue = SmallVenue(deposit="2000")
    venue.order("BUY", "0.5")
    venue.order("SELL", "0.01", price="62000")
    venue.tick("56200")
    venue.tick("56200", after_ms=600_000)
    assert venue.trader.amount("BTCUSDT") == 0
    assert venue.trader.open_orders == {}
    assert any(isinstance(event, MarginCalled) for event in venue.events)
    assert any(isinstance(event, Liquidated) for event in venue.events)
    venue.check_invariants()
    assert any(row.kind is IncomeType.INSURANCE_CLEAR for row in venue.income)


def test_liquidation_price_is_where_liquidation_happens() -> None:
    for side, step in (("BUY", Decimal("-0.1")), ("SELL", Decimal("0.1"))):
        venue = SmallVenue(deposit="2000")
        venue.order(side, "0.5")
        position = venue.trader.positions["BTCUSDT", PositionSide.BOTH]
        limit = venue.exchange.liquidation_price(venue.trader, position)
        assert limit is not None
        safe = limit.quantize(Decimal("0.1")) - 20 * step
        for _ in range(30):
            venue.tick(str(safe))
        assert venue.trader.amount("BTCUSDT") != 0
        beyond = limit.quantize(Decimal("0.1")) + 20 * step
        for _ in range(30):
            venue.tick(str(beyond))
        assert venue.trader.amount("BTCUSDT") == 0


@pytest.mark.parametrize(("spare", "liquidated"), [("0.00000001", False), ("0", True), ("-0.00000001", True)])
@pytest.mark.parametrize(("side", "mark"), [("BUY", "57000"), ("SELL", "63000")])
def test_cross_liquidation_is_at_the_maintenance_margin(
    side: str, mark: str, spare: str, liquidated: bool
) -> None:
    """The deposit is what leaves exactly that much above maintenance when mark is there."""

    def traded(deposit: Decimal) -> SmallVenue:
        venue = SmallVenue(deposit=str(deposit))
        venue.order(side, "0.5")
        return venue

    rich = traded(Decimal(10_000))
    rich.mark_at(mark)
    above = margin.cross_pot(rich.exchange.state, rich.trader)
    venue = traded(10_000 - (above.equity - above.maintenance) + Decimal(spare))
    venue.mark_at(mark)
    assert (venue.trader.held() == []) is liquidated
    venue.check_invariants()


def test_liquidation_is_told_in_the_venues_order() -> None:
    venue = SmallVenue(deposit="2000")
    venue.order("BUY", "0.5")
    venue.order("SELL", "0.01", price="62000")
    venue.events.clear()
    venue.mark_at("56000")
    told = [
        event.execution.value if isinstance(event, OrderChanged) else type(event).__name__
        for event in venue.events
    ]
    assert told == [
        "MarginCalled",
        "CANCELED",
        "NEW",
        "FillBooked",
        "BalanceChanged",
        "CALCULATED",
        "BalanceChanged",
        "Liquidated",
    ]


def test_cross_liquidation_stops_once_the_rest_is_above_maintenance() -> None:
    """The losing position goes, the winning one stays."""
    venue = SmallVenue(deposit="6300")
    venue.order("BUY", "1")
    venue.order("BUY", "20", symbol="ETHUSDT")
    venue.mark_at("3200", "ETHUSDT")
    assert len(venue.trader.held()) == 2
    venue.mark_at("50100")
    (left,) = venue.trader.held()
    assert (left.symbol, left.amount) == ("ETHUSDT", Decimal(20))
    assert not margin.cross_pot(venue.exchange.state, venue.trader).is_under_water
    venue.check_invariants()


def test_liquidation_costs_the_fee_on_top_of_the_taker_fee() -> None:
    venue = SmallVenue(deposit="2500")
    venue.order("BUY", "0.5")
    before = venue.trader.record.wallet
    venue.mark_at("55200")
    last = venue.fills[-1]
    fee = money(last.price * last.quantity * Decimal("0.0125"))
    assert last.fee == money(last.price * last.quantity * Decimal("0.0005"))
    assert venue.posted("INSURANCE_CLEAR") == [-fee]
    assert venue.trader.record.wallet == before + last.realized - last.fee - fee
    assert venue.exchange.state.insurance == fee


def test_an_account_without_positions_is_never_called() -> None:
    venue = SmallVenue()
    poor = venue.exchange.open_account("poor", "key", "secret", venue.now)
    assert poor.record.wallet == 0
    venue.mark_at("50000")
    assert not any(isinstance(event, MarginCalled) for event in venue.events)


def test_bankrupt_account_ends_at_zero_and_insurance_pays() -> None:
    venue = SmallVenue(deposit="2000")
    venue.order("BUY", "0.5")
    venue.tick("40000")
    venue.tick("40000", after_ms=600_000)
    assert venue.trader.record.wallet == 0
    assert venue.exchange.state.insurance < 0
    venue.check_invariants()


def test_nobody_stays_below_maintenance_after_a_tick() -> None:
    """The safe bands that spare the work must never spare an account that is under water."""
    draw = seeded(7)
    venue = SmallVenue(deposit="3000")
    accounts = [venue.trader] + [venue.open_account(f"a{n}", "3000") for n in range(8)]
    prices = {"BTCUSDT": 60_000.0, "ETHUSDT": 3_000.0}
    for _ in range(1_500):
        account = draw.choice(accounts)
        symbol = draw.choice(list(prices))
        quantity = draw.randrange(1, 400) if symbol == "BTCUSDT" else draw.randrange(20, 8_000)
        with contextlib.suppress(VenueError):
            venue.order(
                draw.choice(["BUY", "SELL"]), str(Decimal(quantity) / 1_000), symbol=symbol, account=account
            )
        moved = draw.choice(list(prices))
        prices[moved] *= 1 + draw.gauss(0, 0.006)
        venue.tick(venue.market(moved).contract.price_text(Decimal(prices[moved])), symbol=moved)
        for one in accounts:
            found = margin.summary(venue.exchange.state, one)
            assert not one.held() or found.equity > found.maintenance
        if draw.random() < 0.02:
            poor = [one for one in accounts if one.record.wallet < 500]
            for number, one in enumerate(poor):
                venue.exchange.deposit(one.id, Decimal(2_000), f"{venue.now}-{number}", venue.now)
    assert sum(isinstance(event, Liquidated) for event in venue.events) >= 5
    venue.check_invariants()


def test_funding_is_paid_every_eight_market_hours_by_longs_when_positive() -> None:
    venue = SmallVenue()
    other = venue.open_account("short", "10000")
    venue.order("BUY", "0.5")
    venue.order("SELL", "0.5", account=other)
    venue.tick("60000", after_ms=FUNDING_MS - 1_000 - (venue.now % FUNDING_MS))
    venue.collect()
    assert not any(row.kind is IncomeType.FUNDING_FEE for row in venue.income)
    venue.tick("60000", after_ms=1_000)
    venue.collect()
    paid = {row.account: row.amount for row in venue.income if row.kind is IncomeType.FUNDING_FEE}
    assert paid["trader"] < 0 < paid["short"]
    assert paid["trader"] == -paid["short"]
    venue.tick("60000", after_ms=1_000)
    venue.collect()
    assert len([row for row in venue.income if row.kind is IncomeType.FUNDING_FEE]) == 2
