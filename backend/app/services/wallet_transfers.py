"""Deposits and withdrawals of a wallet as its venue booked them: flows, never profit or loss."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.domain.decimal_text import plain
from app.models.ledger_event import LedgerEvent
from app.repositories.keyset import Page, decode_cursor
from app.repositories.ledger import LedgerRepository


@dataclass(frozen=True, slots=True)
class TransferView:
    """One transfer; `amount` is above zero, `occurred_at` the venue's time."""

    id: int
    kind: str
    amount: str
    occurred_at: datetime
    reference: str


class WalletTransfers:
    """Transfers of one user at a time, in the caller's transaction."""

    def __init__(self, ledger: LedgerRepository) -> None:
        self._ledger = ledger

    async def page(
        self, user_id: UUID, wallet_id: UUID, *, limit: int, cursor: str | None
    ) -> Page[TransferView]:
        """Transfers, newest first; the caller has made sure that the wallet is the user's."""
        found = await self._ledger.transfers(user_id, wallet_id, after=decode_cursor(cursor), limit=limit)
        return Page([_view(event) for event in found.items], found.next_cursor)


def _view(event: LedgerEvent) -> TransferView:
    return TransferView(
        event.id, event.kind, plain(abs(event.amount)), event.occurred_at, event.venue_reference
    )
