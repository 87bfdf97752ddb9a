"""A user's wallets for the live stream, each written to JSON once."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from app.core.db import Database
from app.repositories.wallets import WalletRepository
from app.services.live_rows import WalletRow
from app.services.wallet_views import WalletView, wallet_view


class ShownWallets:
    """Satisfies `live_rows.WalletRows`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def rows(self, user_id: UUID) -> Sequence[WalletView]:
        """Every wallet of the user, in a transaction of its own."""
        async with self._database.tenant(user_id) as session:
            records = await WalletRepository(session).records(user_id)
        return [wallet_view(record) for record in records]

    def encode(self, row: WalletRow) -> bytes:
        """The wallet as the API shows it."""
        return msgspec.json.encode(row)
