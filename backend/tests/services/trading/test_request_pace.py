"""Requests of an account within a second: as many as are allowed pass at once, the next one waits; and a question
that got no answer is asked again a few times."""

import asyncio
from dataclasses import dataclass

import pytest

from app.domain.venue import BudgetSpentError, VenueUnavailableError
from app.services.trading.request_pace import AWAY_SECONDS, TRIES, RequestPace
from tests.services.trading.stepped_loop import stepped


def moments(turns: int, per_second: int) -> list[float]:
    """When each of so many requests had its turn, seconds from the first."""

    async def ask() -> list[float]:
        pace, found = RequestPace(per_second), []
        for _ in range(turns):
            await pace.turn()
            found.append(round(asyncio.get_running_loop().time(), 6))
        return found

    return stepped(ask())


def test_as_many_as_allowed_pass_at_once_and_the_next_waits_for_the_second_to_end() -> None:
    assert moments(3, per_second=3) == [0, 0, 0]
    assert moments(7, per_second=3) == [0, 0, 0, 1, 1, 1, 2]


@dataclass
class Venue:
    """Gives no answer so many times, each after that many seconds, and then answers."""

    failures: int
    error: VenueUnavailableError
    seconds: float = 0.0
    asked: int = 0

    async def question(self) -> str:
        self.asked += 1
        if self.asked > self.failures:
            return "answer"
        if self.seconds:
            await asyncio.sleep(self.seconds)
        raise self.error


async def _answer(venue: Venue, requests: int = 1) -> tuple[str, float]:
    """The answer, and the seconds at which it came with two requests a second allowed."""
    found = await RequestPace(2).answer(venue.question, requests)
    return found, asyncio.get_running_loop().time()


def test_a_question_without_an_answer_is_asked_again_within_the_pace() -> None:
    venue = Venue(TRIES - 1, VenueUnavailableError("away"))
    assert stepped(_answer(venue)) == ("answer", 1.0)
    assert venue.asked == TRIES


def test_a_question_of_two_requests_counts_as_two_each_time() -> None:
    assert stepped(_answer(Venue(TRIES - 1, VenueUnavailableError("away")), requests=2)) == ("answer", 2.0)


def test_a_question_is_given_up_after_its_tries() -> None:
    venue = Venue(TRIES, VenueUnavailableError("away"))
    with pytest.raises(VenueUnavailableError):
        stepped(_answer(venue))
    assert venue.asked == TRIES


def test_accounts_that_share_their_places_ask_one_after_another() -> None:
    async def ask() -> int:
        places, both, under_way, most = asyncio.Semaphore(2), asyncio.Barrier(2), 0, 0

        async def question() -> None:
            nonlocal under_way, most
            under_way += 1
            most = max(most, under_way)
            await both.wait()
            under_way -= 1

        accounts = [RequestPace(places=places) for _ in range(6)]
        await asyncio.gather(*(account.answer(question) for account in accounts))
        return most

    assert stepped(ask()) == 2


@pytest.mark.parametrize(
    "venue",
    [
        Venue(1, BudgetSpentError(1.0)),
        Venue(1, VenueUnavailableError("no answer in time"), seconds=AWAY_SECONDS + 1),
    ],
)
def test_a_spent_budget_and_a_venue_that_is_away_are_not_asked_again(venue: Venue) -> None:
    with pytest.raises(VenueUnavailableError):
        stepped(_answer(venue))
    assert venue.asked == 1
