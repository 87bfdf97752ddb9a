"""Books of trades in a process: what a reading that failed leaves behind, and which books go first."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from app.domain.attribution import total
from app.repositories.trade_results import LonePosting, ResultSums, TradeFacts, TradeResultRepository
from app.services.analytics.trade_books import TradeBooks

NOON = datetime(2025, 10, 1, 12, tzinfo=UTC)


class Ledger(TradeResultRepository):
    """Postings without a trade; the tags cannot be read while it is `broken`."""

    def __init__(self, amounts: Sequence[int]) -> None:
        self.rows = [
            LonePosting(place + 1, True, uuid4(), None, "funding", amount, NOON)
            for place, amount in enumerate(amounts)
        ]
        self.broken = False
        self.readings = 0

    async def sums(
        self, user_id: UUID, environment: str, after: int, settled_before: datetime
    ) -> list[ResultSums]:
        self.readings += 1
        return []

    async def alone(
        self, user_id: UUID, environment: str, after: int, settled_before: datetime
    ) -> list[LonePosting]:
        return [row for row in self.rows if row.number > after]

    async def facts(
        self, user_id: UUID, environment: str, zone: str, ids: Sequence[UUID] | None
    ) -> list[TradeFacts]:
        return []

    async def tags(self, user_id: UUID) -> dict[UUID, str]:
        if self.broken:
            raise ConnectionError("the database went away")
        return {}


async def test_a_reading_that_fails_half_way_loses_nothing() -> None:
    books, user_id, ledger = TradeBooks(lambda: NOON + timedelta(hours=1)), uuid4(), Ledger([5, 7])
    ledger.broken = True
    with pytest.raises(ConnectionError):
        await books.book(ledger, user_id, "paper", "UTC", (1,))
    ledger.broken = False
    assert total((await books.book(ledger, user_id, "paper", "UTC", (1,))).columns).net == 12
    ledger.rows.append(LonePosting(3, True, uuid4(), None, "funding", 100, NOON))
    assert total((await books.book(ledger, user_id, "paper", "UTC", (2,))).columns).net == 112


async def test_the_same_version_is_not_read_twice() -> None:
    books, user_id, ledger = TradeBooks(lambda: NOON), uuid4(), Ledger([5])
    for _ in range(3):
        await books.book(ledger, user_id, "paper", "UTC", (1,))
    assert ledger.readings == 1


async def test_the_books_used_longest_ago_go_when_there_are_too_many_rows() -> None:
    books, ledger = TradeBooks(lambda: NOON, most_rows=5), Ledger([1, 2, 3])
    first, second = uuid4(), uuid4()
    await books.book(ledger, first, "paper", "UTC", (1,))
    await books.book(ledger, second, "paper", "UTC", (1,))
    await books.book(ledger, second, "paper", "UTC", (1,))
    assert ledger.readings == 2
    await books.book(ledger, first, "paper", "UTC", (1,))
    assert ledger.readings == 3
