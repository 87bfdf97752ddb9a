"""A balance that was read before our own fills moved it does not undo them."""

from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

import pytest

from app.core.clock import utc_now
from app.domain.venue import AccountBalance
from app.repositories.trading_accounts import TradingAccount
from app.repositories.trading_transaction import TradingTransaction
from app.services.ports import AccountKey
from app.services.trading.balances import BalanceKeeper
from app.services.trading.reconcile import Reconciler
from tests.services.trading.floor import TradingFloor

LOST = Decimal("-450.5")


class AfterTheBalance:
    """A gateway at which something happens once the balance has been answered for the first time."""

    def __init__(self, gateway: Any, then: Callable[[], Awaitable[None]]) -> None:
        self._gateway = gateway
        self._then: Callable[[], Awaitable[None]] | None = then

    def __getattr__(self, name: str) -> Any:
        return getattr(self._gateway, name)

    async def balance(self) -> AccountBalance:
        held: AccountBalance = await self._gateway.balance()
        then, self._then = self._then, None
        if then is not None:
            await then()
        return held


class One:
    """Gateways of one account."""

    def __init__(self, gateway: Any) -> None:
        self._gateway = gateway

    async def for_account(self, key: AccountKey) -> Any:
        assert key
        return self._gateway


async def balances(floor: TradingFloor, account: TradingAccount) -> list[Decimal]:
    """The user's and the wallet's, as the gate knows them."""
    rows = await floor.sql.fetch(
        "SELECT balance FROM risk_state WHERE user_id = $1 ORDER BY wallet_id NULLS FIRST", account.user_id
    )
    return [row["balance"] for row in rows]


@pytest.mark.parametrize("by_comparison", [True, False])
async def test_a_loss_that_is_booked_while_the_balance_is_read_stays_booked(
    floor: TradingFloor, by_comparison: bool
) -> None:
    account = await floor.wallet(await floor.user())
    await floor.desk.balances.refresh(account)

    async def stopped_out() -> None:
        async with floor.desk.database.tenant(account.user_id) as session:
            transaction = TradingTransaction(session, account.user_id)
            await transaction.risk.move_balance(
                account.user_id, account.environment, account.wallet_id, LOST, LOST
            )

    gateway: Any = AfterTheBalance(await floor.desk.gateway(account), stopped_out)
    gateways: Any = One(gateway)
    if by_comparison:
        await Reconciler(floor.desk, account, gateway).whole(every_order=True)
    else:
        await BalanceKeeper(floor.desk.database, gateways, floor.desk.markets).refresh(account)
    assert await balances(floor, account) == [10_000 + LOST] * 2
    asked_at = utc_now()
    await floor.desk.balances.refresh(account)  # the next reading knows what became of it
    assert await balances(floor, account) == [10_000] * 2
    as_of = await floor.sql.fetchval(
        "SELECT balance_as_of FROM risk_state WHERE wallet_id = $1", account.wallet_id
    )
    assert as_of >= asked_at
