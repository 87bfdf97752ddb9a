"""Tags of a trade: checked, then put on it all together."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from app.core.errors import FieldError, InvalidInputError, NotFoundError
from app.repositories.trade_tags import TradeTagRepository
from app.repositories.trades import TradeRepository

MOST_TAGS: Final = 20
LONGEST: Final = 40
# Begins with a letter or a digit, so that no spreadsheet takes it for a formula; no comma, which parts tags.
WORD: Final = re.compile(r"[^\W_][\w .#/:&+-]*")


@dataclass(frozen=True, slots=True)
class TagsView:
    """The tags of a trade, in order."""

    trade_id: UUID
    tags: list[str]


class TradeTags:
    """In the request's transaction."""

    def __init__(self, tags: TradeTagRepository, trades: TradeRepository) -> None:
        self._tags = tags
        self._trades = trades

    async def replace(self, user_id: UUID, trade_id: UUID, tags: Sequence[str]) -> TagsView:
        """Put exactly these tags on a trade; spaces around them are taken off and repetitions left out."""
        words = sorted({word for tag in tags if (word := " ".join(tag.split()))})
        if len(words) > MOST_TAGS:
            raise _refused(f"A trade has {MOST_TAGS} tags at most.", str(MOST_TAGS), str(len(words)))
        for word in words:
            if len(word) > LONGEST or WORD.fullmatch(word) is None:
                raise _refused(
                    f"A tag has {LONGEST} characters at most, begins with a letter or a digit and holds letters,"
                    f" digits, spaces and . # / : & + - _ only; refused: {word[:60]!r}.",
                    str(LONGEST),
                    word[:60],
                )
        if not await self._trades.has(user_id, trade_id):
            raise NotFoundError(f"There is no trade {trade_id}.")
        return TagsView(trade_id, await self._tags.replace(user_id, trade_id, words))


def _refused(message: str, limit: str, value: str) -> InvalidInputError:
    error = FieldError("tags", "invalid_tag", message, limit=limit, value=value)
    return InvalidInputError(message, code="invalid_tag", errors=(error,))
