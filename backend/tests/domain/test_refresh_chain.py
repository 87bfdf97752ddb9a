"""What the use of a refresh token comes to, just inside, at and just outside each time."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.domain.refresh_chain import GRACE, LOST_ANSWER, ChainLink, LinkUse, use_of

NOW = datetime(2026, 11, 1, tzinfo=UTC)
TICK = timedelta(microseconds=1)
FRESH = ChainLink(NOW + timedelta(days=1), None, struck_out=False)


def used(ago: timedelta) -> ChainLink:
    return replace(FRESH, used_at=NOW - ago)


def asked(link: ChainLink, following: ChainLink | None = FRESH, *, same_client: bool = True) -> LinkUse:
    return use_of(link, following, NOW, same_client=same_client)


def test_the_first_use_makes_the_next_link_until_the_link_expires() -> None:
    assert asked(FRESH, None) is LinkUse.ROTATE
    assert asked(replace(FRESH, expires_at=NOW + TICK), None) is LinkUse.ROTATE
    assert asked(replace(FRESH, expires_at=NOW), None) is LinkUse.OVER


@pytest.mark.parametrize(
    ("ago", "use"),
    [
        (timedelta(0), LinkUse.AGAIN),
        (GRACE - TICK, LinkUse.AGAIN),
        (GRACE, LinkUse.AGAIN),
        (GRACE + TICK, LinkUse.REPLACE),
        (LOST_ANSWER - TICK, LinkUse.REPLACE),
        (LOST_ANSWER, LinkUse.REPLACE),
        (LOST_ANSWER + TICK, LinkUse.REUSED),
    ],
)
def test_a_second_use_is_answered_again_then_replaces_a_link_that_nobody_used_then_ends_the_session(
    ago: timedelta, use: LinkUse
) -> None:
    assert asked(used(ago)) is use


def test_nothing_is_replaced_once_the_next_link_was_used_or_struck_out_or_for_another_client() -> None:
    late = used(GRACE + TICK)
    assert asked(late, used(timedelta(0))) is LinkUse.REUSED
    assert asked(late, replace(FRESH, struck_out=True)) is LinkUse.REUSED
    assert asked(late, None) is LinkUse.REUSED
    assert asked(late, same_client=False) is LinkUse.REUSED
    assert asked(used(GRACE), same_client=False) is LinkUse.AGAIN  # two tabs, of which one was updated


def test_a_link_that_was_struck_out_tells_on_whoever_holds_it() -> None:
    assert asked(replace(FRESH, struck_out=True), None) is LinkUse.REUSED
