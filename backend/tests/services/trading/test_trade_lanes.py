"""Which of an account's waiting trades is looked at next."""

from uuid import UUID

from app.services.trading.trade_lanes import TradeLanes, Urgency

ONE, TWO, THREE, FOUR = (UUID(int=number) for number in range(4))


def held(lanes: TradeLanes) -> list[UUID]:
    """Every trade of which something is at the venue, in the order in which they are taken."""
    return [lanes.next_held() for _ in range(4) if lanes.is_held]


def test_the_exposed_come_first_then_who_waits_longest() -> None:
    lanes = TradeLanes()
    lanes.learn(THREE, Urgency.EXPOSED)
    for trade in (ONE, TWO, THREE, ONE):
        lanes.put(trade)
    lanes.put(FOUR, first=True)
    assert held(lanes) == [FOUR, THREE, ONE, TWO]
    assert not lanes


def test_a_trade_waits_once_where_it_is_known_to_belong() -> None:
    lanes = TradeLanes()
    lanes.learn_of_entry(ONE)
    lanes.put(ONE)
    assert (lanes.is_entering, lanes.is_held) == (True, False)
    lanes.put(ONE)  # a nudge
    assert (lanes.is_entering, lanes.is_held) == (True, False)
    lanes.learn_of_position(ONE)
    lanes.put(ONE)
    assert (lanes.is_entering, lanes.is_held) == (False, True)
    assert held(lanes) == [ONE]


def test_who_read_of_an_entry_knows_less_than_who_looked_at_the_trade() -> None:
    lanes = TradeLanes()
    lanes.learn(ONE, Urgency.EXPOSED)
    lanes.learn_of_entry(ONE)
    lanes.put(ONE)
    lanes.learn_of_position(ONE)
    lanes.put(TWO)
    lanes.put(ONE)
    assert held(lanes) == [ONE, TWO]
    lanes.learn(ONE, None)  # at rest: nothing is known of it any more
    lanes.learn_of_entry(ONE)
    lanes.put(ONE)
    assert lanes.next_entering() == ONE


def test_what_is_removed_waits_no_longer() -> None:
    lanes = TradeLanes()
    lanes.learn(TWO, Urgency.ENTERING)
    for trade in (ONE, TWO, THREE):
        lanes.put(trade)
    lanes.remove(ONE)
    assert ONE not in lanes
    assert TWO in lanes
    lanes.clear()
    assert not lanes
