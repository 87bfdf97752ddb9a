"""What our books hold of one account, read at once for a comparison with its venue.

The account has one writer, and a comparison is the writer's work: until the comparison itself writes, what was read
stands.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Self

from app.domain.types import OrderStatus
from app.models.order import Order
from app.repositories.trades import LiveTrade
from app.repositories.trading_accounts import TradingAccount
from app.repositories.trading_transaction import TradingTransaction

OVERLAP_FILLS = 20
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class SymbolBooks:
    """What we have written about one symbol: `net` is the sum of our fills, `external` what is not ours, both
    signed base units; `newest` the venue's ids of the last fills, the newest first."""

    working: Sequence[Order]
    live: Sequence[LiveTrade]
    net: Decimal
    external: Decimal
    newest: Sequence[str]

    @property
    def has_unknown(self) -> bool:
        """Whether an order may be at the venue or not."""
        return any(order.status == OrderStatus.SENDING for order in self.working)

    @property
    def watermark(self) -> str | None:
        """From which fill on the venue is asked, with an overlap; None where that is all of them."""
        return self.newest[OVERLAP_FILLS] if len(self.newest) > OVERLAP_FILLS else None


@dataclass(frozen=True, slots=True)
class AccountBooks:
    """One symbol's books, or every symbol's; `frozen_reason` is why the account enters nothing (None: it does);
    `balance` is the venue's as it was last read and as our fills have moved it since, None before;
    `external_notional` what positions of somebody else count for in the gauges."""

    by_symbol: dict[str, SymbolBooks]
    frozen_reason: str | None
    balance: Decimal | None
    external_notional: Decimal | None

    @classmethod
    async def read(cls, transaction: TradingTransaction, account: TradingAccount, symbol: str | None) -> Self:
        """Read what is written about the symbol, None for all."""
        user_id, wallet_id = account.user_id, account.wallet_id
        working = await transaction.orders.at_venue(user_id, wallet_id, symbol)
        live = await transaction.trades.live_of_wallet(user_id, wallet_id, symbol)
        net = await transaction.fills.net_quantity(user_id, wallet_id)
        external = await transaction.external.all_held(user_id, wallet_id)
        newest = await transaction.fills.newest(user_id, wallet_id, symbol, OVERLAP_FILLS + 1)
        symbols = {order.symbol for order in working} | {trade.symbol for trade in live}
        symbols |= net.keys() | external.keys() if symbol is None else {symbol}
        by_symbol = {
            name: SymbolBooks(
                [order for order in working if order.symbol == name],
                [trade for trade in live if trade.symbol == name],
                net.get(name, ZERO),
                external.get(name, ZERO),
                newest.get(name, ()),
            )
            for name in symbols
        }
        state = await transaction.risk.of_wallet(user_id, wallet_id)
        frozen = await transaction.accounts.frozen_reason(user_id, wallet_id)
        if state is None:
            return cls(by_symbol, frozen, None, None)
        return cls(by_symbol, frozen, state.balance, state.external_notional)

    def of(self, symbol: str) -> SymbolBooks:
        """The symbol's books; empty ones where nothing is written about it."""
        return self.by_symbol.get(symbol) or SymbolBooks((), (), ZERO, ZERO, ())

    @property
    def busy_symbols(self) -> set[str]:
        """Symbols in which something of ours, or of somebody else, goes on."""
        return {
            symbol
            for symbol, books in self.by_symbol.items()
            if books.working or books.live or books.external != 0
        }
