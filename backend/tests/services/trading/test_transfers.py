"""Transfers are neither profit nor loss, whenever they are told of: loss windows and peaks follow the money."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from app.domain.venue import AccountBalance, LedgerEntry
from app.repositories.trading_accounts import TradingAccount
from app.services.ports import AccountKey, ExchangeGateways
from app.services.trading.balances import BalanceKeeper
from tests.services.trading.floor import TradingFloor

SECOND = timedelta(seconds=1)


async def state(floor: TradingFloor, account: TradingAccount, wallet_id: UUID | None) -> Any:
    return await floor.sql.fetchrow(
        "SELECT * FROM risk_state WHERE user_id = $1 AND wallet_id IS NOT DISTINCT FROM $2",
        *(account.user_id, wallet_id),
    )


async def market_time(floor: TradingFloor) -> datetime:
    at = await floor.desk.markets.market_time("paper")
    assert at is not None
    return at


def pay_in(floor: TradingFloor, account: TradingAccount, amount: str) -> None:
    payment: dict[str, object] = {
        "account": str(account.wallet_id),
        "amount": amount,
        "reference": f"second of {account.wallet_id}",
    }
    floor.venue.control("POST", "/sim/deposit", payment)


@pytest.mark.parametrize(("read_before_it", "flows"), [(True, Decimal(1_000)), (False, Decimal(0))])
async def test_a_deposit_that_the_days_first_equity_does_not_hold_counts_in_the_day(
    floor: TradingFloor, read_before_it: bool, flows: Decimal
) -> None:
    """Midnight came after the deposit and before it was read: the gate began the day with the balance that it knew,
    which holds the deposit only where it was read since."""
    account = await floor.wallet(await floor.user())
    await floor.desk.balances.refresh(account)
    at = await market_time(floor)
    pay_in(floor, account, "1000")
    await floor.sql.execute(
        "UPDATE risk_state SET day_start = $2, market_as_of = $3 WHERE user_id = $1",
        *(account.user_id, at + 2 * SECOND, at - SECOND if read_before_it else at + SECOND),
    )
    await floor.desk.balances.refresh(account)
    own = await state(floor, account, account.wallet_id)
    assert (own["balance"], own["day_start"], own["day_start_equity"]) == (11_000, at + 2 * SECOND, 10_000)
    assert own["day_flows"] == flows
    assert own["week_flows"] == own["month_flows"] == 1_000


async def test_a_deposit_dilutes_no_drawdown_since_the_last_reading(floor: TradingFloor) -> None:
    """At the last reading 12,500 stood at the highest; 10,000 are left as 90,000 are paid in: 20 % down, of 125,000."""
    account = await floor.wallet(await floor.user())
    await floor.desk.balances.refresh(account)
    await floor.sql.execute(
        "UPDATE risk_state SET equity = 12500, peak_equity = 12500 WHERE user_id = $1", account.user_id
    )
    pay_in(floor, account, "90000")
    await floor.desk.balances.refresh(account)
    for wallet_id in (None, account.wallet_id):
        held = await state(floor, account, wallet_id)
        assert (held["equity"], held["peak_equity"]) == (100_000, 125_000)


class ShortMemory:
    """A venue that has forgotten every posting, as one does after some months."""

    def __init__(self, gateways: ExchangeGateways) -> None:
        self._gateways = gateways

    async def for_account(self, key: AccountKey) -> "_Forgetful":
        return _Forgetful(await self._gateways.for_account(key))


class _Forgetful:
    def __init__(self, gateway: Any) -> None:
        self._gateway = gateway

    async def balance(self) -> AccountBalance:
        held: AccountBalance = await self._gateway.balance()
        return held

    async def ledger(self, since_ms: int | None) -> Sequence[LedgerEntry]:
        del since_ms
        return ()


@pytest.mark.parametrize("remembers", [True, False])
async def test_a_further_wallet_hides_no_drawdown_whatever_its_venue_remembers(
    floor: TradingFloor, remembers: bool
) -> None:
    """8,000 of 10,000 are left: 20 % down, and still so with a wallet of 24,000 beside it (32,000 of 40,000)."""
    user_id = await floor.user()
    first = await floor.wallet(user_id, "8000")
    await floor.desk.balances.refresh(first)
    await floor.sql.execute("UPDATE risk_state SET peak_equity = 10000 WHERE user_id = $1", user_id)
    second = await floor.wallet(user_id, "24000")
    gateways: Any = floor.desk.gateways if remembers else ShortMemory(floor.desk.gateways)
    keeper = BalanceKeeper(floor.desk.database, gateways, floor.desk.markets)
    await keeper.refresh(second)
    sums, own = await state(floor, first, None), await state(floor, second, second.wallet_id)
    assert (sums["equity"], sums["peak_equity"]) == (32_000, 40_000)
    assert (own["equity"], own["peak_equity"], own["day_start_equity"]) == (24_000, 24_000, 24_000)
