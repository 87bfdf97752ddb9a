"""A position that the venue liquidated is closed with that reason, not called somebody else's doing."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from app.core.clock import utc_now
from app.domain.types import OrderSide
from app.domain.venue import Accepted, AccountBalance, LedgerEntry, LedgerKind, OrderTicket
from app.services.ports import AccountKey
from app.services.trading.balances import BalanceKeeper
from tests.services.trading.floor import BTC, TradingFloor


async def test_what_the_venue_closed_itself_is_a_liquidation(floor: TradingFloor) -> None:
    account = await floor.wallet(await floor.user())
    async with floor.executor():
        await floor.signal(BTC)
        trade = await floor.until_status(account, "PROTECTED")
        gateway = await floor.desk.gateway(account)
        autoclose = OrderTicket(
            client_order_id="autoclose-1700000000000",  # as the venue names its own
            symbol=BTC,
            side=OrderSide.SELL,
            quantity=trade["quantity"],
            timestamp_ms=int(utc_now().timestamp() * 1000),
            receive_window_ms=2_000,
        )
        assert isinstance(await gateway.place_exit(autoclose), Accepted)
        closed = await floor.until_status(account, "CLOSED")
    assert closed["exit_reason"] == "liquidation"
    assert await floor.venue_orders(account) == []

    # What the liquidation cost beside its fills is posted a moment after; twice told, it counts once.
    entry = LedgerEntry(
        LedgerKind.LIQUIDATION,
        Decimal("-12.5"),
        BTC,
        "clear",
        closed["closed_at"] + timedelta(milliseconds=5),
    )
    gateways: Any = Posting(gateway, entry)
    keeper = BalanceKeeper(floor.desk.database, gateways, floor.desk.markets)
    for _ in range(2):
        await keeper.refresh(account)
    fees, net = await floor.sql.fetchrow(
        "SELECT fees, realized_pnl - fees + funding FROM trades WHERE id = $1", trade["id"]
    )
    posted = await floor.sql.fetchval(
        "SELECT sum(amount) FROM ledger_events WHERE trade_id = $1", trade["id"]
    )
    assert fees == closed["fees"] + Decimal("12.5")
    assert net == posted


class Posting:
    """A venue whose ledger holds one posting."""

    def __init__(self, gateway: Any, entry: LedgerEntry) -> None:
        self._gateway = gateway
        self._entry = entry

    async def for_account(self, key: AccountKey) -> "Posting":
        del key
        return self

    async def balance(self) -> AccountBalance:
        held: AccountBalance = await self._gateway.balance()
        return held

    async def ledger(self, since_ms: int | None) -> Sequence[LedgerEntry]:
        del since_ms
        return (self._entry,)
