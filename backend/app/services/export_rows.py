"""What a row of an export looks like: its columns, and how many rows of a tenant's it is made of."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final, Protocol
from uuid import UUID

from app.core.db import Database
from app.domain import accounting
from app.domain.tax_lots import ClosedLot, LotBook, LotMethod, TaxFill
from app.domain.types import OrderSide
from app.repositories.journal import ExecutionRecord, JournalFilter, JournalRepository, TaxFillRecord
from app.repositories.keyset import Keyset, decode_cursor
from app.repositories.positions import TradeRecord

BATCH: Final = 5_000
Cell = str | int | bool | Decimal | datetime | None
Row = Sequence[Cell]


class ColumnKind(StrEnum):
    """What a column holds; a decimal is exact, a time UTC."""

    TEXT = "text"
    DECIMAL = "decimal"
    INTEGER = "integer"
    TIME = "time"


@dataclass(frozen=True, slots=True)
class Column:
    """A column's name and kind."""

    name: str
    kind: ColumnKind = ColumnKind.TEXT


class RowSource(Protocol):
    """Rows of one tenant, batch by batch, each read in a short transaction of its own."""

    @property
    def columns(self) -> Sequence[Column]: ...

    async def count(self) -> int:
        """How many there are, about: rows may come while they are read."""
        ...

    def batches(self) -> AsyncIterator[tuple[list[Row], int]]:
        """Rows, and how many of the counted ones they stand for."""
        ...


_D, _I, _T = ColumnKind.DECIMAL, ColumnKind.INTEGER, ColumnKind.TIME
TRADE_COLUMNS: Final = (
    Column("id"), Column("wallet"), Column("environment"), Column("venue"), Column("symbol"), Column("side"),
    Column("strategy"), Column("timeframe"), Column("status"), Column("planned_quantity", _D),
    Column("quantity", _D), Column("entry_price", _D),
    Column("exit_price", _D), Column("initial_stop_price", _D), Column("stop_price", _D), Column("risk_amount", _D),
    Column("realized_pnl", _D), Column("fees", _D), Column("funding", _D), Column("net_pnl", _D),
    Column("slippage_bps", _D), Column("exit_reason"), Column("reason"), Column("opened_at", _T),
    Column("closed_at", _T), Column("tags"), Column("rating", _I), Column("note"),
)  # fmt: skip
EXECUTION_COLUMNS: Final = (
    Column("id"), Column("timestamp", _T), Column("market_time", _T), Column("trade_id"), Column("wallet_id"),
    Column("venue"), Column("symbol"), Column("side"), Column("action"), Column("order_type"), Column("status"),
    Column("requested_price", _D), Column("executed_price", _D), Column("requested_size", _D),
    Column("filled_size", _D), Column("fees_paid", _D), Column("slippage_bps", _D), Column("realized_pnl", _D),
    Column("execution_time_ms", _I), Column("retry_count", _I), Column("client_order_id"),
    Column("exchange_order_id"), Column("error_code"), Column("error_message"),
)  # fmt: skip
LOT_COLUMNS: Final = (
    Column("wallet_id"), Column("symbol"), Column("side"), Column("method"), Column("quantity", _D),
    Column("opened_at", _T), Column("closed_at", _T), Column("cost", _D), Column("proceeds", _D), Column("fees", _D),
    Column("gain", _D),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Whose:
    """The tenant, the chosen rows, and the database to read them from."""

    database: Database
    user_id: UUID
    chosen: JournalFilter


class TradeRows:
    """The trades of the journal with what their owner noted, newest first."""

    columns = TRADE_COLUMNS

    def __init__(self, whose: Whose) -> None:
        self._whose = whose

    async def count(self) -> int:
        async with self._whose.database.tenant(self._whose.user_id) as session:
            return await JournalRepository(session).count_trades(self._whose.user_id, self._whose.chosen)

    async def batches(self) -> AsyncIterator[tuple[list[Row], int]]:
        after: Keyset | None = None
        user_id = self._whose.user_id
        while True:
            async with self._whose.database.tenant(user_id) as session:
                journal = JournalRepository(session)
                page = await journal.trades(user_id, self._whose.chosen, after=after, limit=BATCH)
                ids = [trade.id for trade in page.items]
                notes, entered = await journal.notes(user_id, ids), await journal.entered(user_id, ids)
            rows = [
                _trade_row(trade, entered.get(trade.id, Decimal(0)), *notes.get(trade.id, ("", [], None)))
                for trade in page.items
            ]
            yield rows, len(rows)
            if page.next_cursor is None:
                return
            after = decode_cursor(page.next_cursor)


class ExecutionRows:
    """The execution log, newest first."""

    columns = EXECUTION_COLUMNS

    def __init__(self, whose: Whose) -> None:
        self._whose = whose

    async def count(self) -> int:
        async with self._whose.database.tenant(self._whose.user_id) as session:
            return await JournalRepository(session).count_logs(self._whose.user_id, self._whose.chosen)

    async def batches(self) -> AsyncIterator[tuple[list[Row], int]]:
        after: Keyset | None = None
        while True:
            async with self._whose.database.tenant(self._whose.user_id) as session:
                page = await JournalRepository(session).logs(
                    self._whose.user_id, self._whose.chosen, after=after, limit=BATCH
                )
            rows = [_execution_row(line) for line in page.items]
            yield rows, len(rows)
            if page.next_cursor is None:
                return
            after = decode_cursor(page.next_cursor)


class TaxLotRows:
    """Closed pieces of lots in the order in which they were closed; all fills are counted, whatever the range
    asks for, because a lot may be older than it."""

    columns = LOT_COLUMNS

    def __init__(self, whose: Whose, method: LotMethod) -> None:
        self._whose = whose
        self._method = method

    async def count(self) -> int:
        async with self._whose.database.tenant(self._whose.user_id) as session:
            return await JournalRepository(session).count_fills(self._whose.user_id, self._whose.chosen)

    async def batches(self) -> AsyncIterator[tuple[list[Row], int]]:
        books: dict[tuple[UUID, str], LotBook] = {}
        after: tuple[datetime, int, str, UUID, str] | None = None
        chosen = self._whose.chosen
        while True:
            async with self._whose.database.tenant(self._whose.user_id) as session:
                fills = await JournalRepository(session).tax_fills(
                    self._whose.user_id, chosen, after=after, limit=BATCH
                )
            rows: list[Row] = []
            for fill in fills:
                key = (fill.wallet_id, fill.symbol)
                book = books.setdefault(key, LotBook(self._method))
                taken = TaxFill(fill.executed_at, OrderSide(fill.side), fill.quantity, fill.price, fill.fee)
                closed = [lot for lot in book.take(taken) if _is_in_range(lot, chosen)]
                rows += [_lot_row(fill, lot, self._method) for lot in closed]
            yield rows, len(fills)
            if len(fills) < BATCH:
                return
            last = fills[-1]
            after = (
                last.executed_at,
                len(last.venue_trade_id),
                last.venue_trade_id,
                last.wallet_id,
                last.symbol,
            )


def _is_in_range(lot: ClosedLot, chosen: JournalFilter) -> bool:
    not_before = chosen.begin is None or lot.closed_at >= chosen.begin
    return not_before and (chosen.end is None or lot.closed_at < chosen.end)


def _lot_row(fill: TaxFillRecord, lot: ClosedLot, method: LotMethod) -> Row:
    return (
        str(fill.wallet_id), fill.symbol, lot.side.value, method.value, lot.quantity, lot.opened_at, lot.closed_at,
        lot.cost, lot.proceeds, lot.fees, lot.gain,
    )  # fmt: skip


def _trade_row(
    trade: TradeRecord, entered: Decimal, note: str, tags: Sequence[str], rating: int | None
) -> Row:
    """`quantity` is what was `entered`, which the prices and the P&L are of: less than planned where an entry was
    filled in part."""
    return (
        str(trade.id), trade.wallet_name, trade.environment, trade.venue, trade.symbol, trade.side, trade.strategy,
        trade.timeframe, trade.status, trade.planned_quantity, entered, trade.entry_price, trade.exit_price,
        trade.initial_stop_price, trade.stop_price, trade.risk_amount, trade.realized_pnl, trade.fees, trade.funding,
        accounting.net_pnl(trade.realized_pnl, trade.fees, trade.funding), trade.entry_slippage_bps,
        trade.exit_reason, trade.reason, trade.opened_at, trade.closed_at, ", ".join(tags), rating, note,
    )  # fmt: skip


def _execution_row(line: ExecutionRecord) -> Row:
    trade_id = None if line.trade_id is None else str(line.trade_id)
    return (
        str(line.id), line.timestamp, line.market_time, trade_id, str(line.wallet_id), line.venue, line.symbol,
        line.side, line.action, line.order_type, line.status, line.requested_price, line.executed_price,
        line.requested_size, line.filled_size, line.fees_paid, line.slippage_bps, line.realized_pnl,
        line.execution_time_ms, line.retry_count, line.client_order_id, line.exchange_order_id, line.error_code,
        line.error_message,
    )  # fmt: skip
