"""The queue for auto-deleveraging: who gains most for what was risked stands first."""

from __future__ import annotations

from decimal import Decimal

from paper_exchange.engine.accounts import Account
from tests.paper_exchange.small_venue import SmallVenue


def crowd(venue: SmallVenue, deposits: list[str]) -> list[Account]:
    """Accounts that each bought 0.1 BTC at about the same price, with that much behind it."""
    accounts = []
    for number, deposit in enumerate(deposits):
        account = venue.open_account(f"a{number}", deposit)
        venue.order("BUY", "0.1", account=account)
        accounts.append(account)
    return accounts


def quantile(venue: SmallVenue, account: Account) -> int:
    (position,) = account.held()
    return venue.exchange.deleveraging.quantile(account, position, venue.now)


def test_among_winners_the_most_leveraged_stand_first() -> None:
    venue = SmallVenue()
    accounts = crowd(venue, ["100000", "50000", "10000", "2000", "500"])
    venue.mark_at("61000")
    assert [quantile(venue, one) for one in accounts] == [0, 1, 2, 3, 4]


def test_among_losers_too() -> None:
    """A loss is divided by the leverage: the same loss weighs less on who risked more."""
    venue = SmallVenue()
    accounts = crowd(venue, ["100000", "50000", "10000", "2000", "1000"])
    venue.mark_at("59500")
    assert [quantile(venue, one) for one in accounts] == [0, 1, 2, 3, 4]


def test_longs_and_shorts_are_queues_of_their_own() -> None:
    venue = SmallVenue()
    (long,) = crowd(venue, ["1000"])
    short = venue.open_account("short", "1000")
    venue.order("SELL", "0.1", account=short)
    venue.mark_at("60500")
    assert quantile(venue, long) == quantile(venue, short) == 4


def test_a_flat_position_is_in_no_queue_and_the_queue_is_made_anew_every_thirty_seconds() -> None:
    venue = SmallVenue()
    poor, rich = crowd(venue, ["500", "100000"])
    queues = venue.exchange.deleveraging
    assert queues.quantiles(venue.trader, "BTCUSDT", venue.now) == {"LONG": 0, "SHORT": 0, "BOTH": 0}
    venue.mark_at("60500")
    assert (quantile(venue, poor), quantile(venue, rich)) == (4, 2)
    venue.order("SELL", "0.1", account=poor)
    venue.now += 29_999
    assert quantile(venue, rich) == 2
    venue.now += 1
    assert quantile(venue, rich) == 4


def test_the_sides_of_a_cross_hedge_share_the_higher_value() -> None:
    venue = SmallVenue()
    crowd(venue, ["100000", "50000"])
    venue.hedge()
    venue.order("BUY", "0.5", position_side="LONG")
    venue.order("SELL", "0.1", position_side="SHORT")
    venue.mark_at(str(Decimal(60_500)))
    found = venue.exchange.deleveraging.quantiles(venue.trader, "BTCUSDT", venue.now)
    assert set(found) == {"LONG", "SHORT", "HEDGE"}
    assert found["LONG"] == found["SHORT"] == 4
