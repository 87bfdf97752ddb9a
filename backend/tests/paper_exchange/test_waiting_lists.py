"""What waits for a price or a date is found when it is due, and costs nothing once it is gone."""

from __future__ import annotations

import sys
from dataclasses import dataclass

from paper_exchange.engine import deadlines, watchlist
from paper_exchange.engine.deadlines import Deadlines
from paper_exchange.engine.watchlist import PriceWatch


@dataclass(frozen=True)
class Thing:
    id: int


def test_thing_is_met_where_it_was_last_put() -> None:
    watch: PriceWatch[Thing] = PriceWatch(upward=False)
    thing = Thing(1)
    watch.add(100, thing)
    watch.remove(thing)
    watch.add(90, thing)
    assert list(watch.take(95)) == []
    assert list(watch.take(90)) == [thing]
    assert list(watch.take(1)) == []


def test_who_is_put_back_stands_behind_the_others() -> None:
    watch: PriceWatch[Thing] = PriceWatch(upward=True)
    first, second = Thing(1), Thing(2)
    for one in (first, second):
        watch.add(100, one)
    watch.remove(first)
    watch.add(100, first)
    assert list(watch.take(100)) == [second, first]


def test_what_comes_and_goes_leaves_nothing_behind() -> None:
    watch: PriceWatch[Thing] = PriceWatch(upward=False)
    stays = Thing(0)
    watch.add(5, stays)
    for number in range(1, 20_000):
        thing = Thing(number)
        watch.add(number, thing)
        watch.remove(thing)
    assert sys.getsizeof(watch._heap) < 4 * sys.getsizeof([None] * watchlist.SPARE_ENTRIES)
    assert list(watch.take(5)) == [stays]


def test_dates_of_what_has_ended_are_forgotten() -> None:
    dates = Deadlines()
    for number in range(20_000):
        dates.add(10**15, "a", number)
        if dates.is_crowded:
            dates.keep(lambda _, number: number == 7)
    assert len(dates._heap) <= deadlines.SPARE_ENTRIES + 2
    assert list(dates.take(10**15 - 1)) == []
    assert ("a", 7) in set(dates.take(10**15))
