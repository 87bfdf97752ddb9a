"""Wallets of a tenant, with what is shown of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.risk_settings import WalletRiskSettings
from app.models.risk_state import RiskState
from app.models.trade import LIVE, Trade
from app.models.wallet import Wallet

ACTIVE = "active"


@dataclass(frozen=True, slots=True)
class WalletRecord:
    """A wallet, its overrides, its balances in quote currency (`as_of` wall time), and its open trades."""

    wallet: Wallet
    overrides: WalletRiskSettings | None
    balance: Decimal | None
    equity: Decimal | None
    free_margin: Decimal | None
    as_of: datetime | None
    open_positions: int


class WalletRepository:
    """Wallets of one tenant."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def records(self, user_id: UUID, wallet_id: UUID | None = None) -> list[WalletRecord]:
        """Every wallet, or the one of that id; active ones first, oldest first."""
        live = (
            select(Trade.wallet_id, func.count().label("open_positions"))
            .where(Trade.user_id == user_id, text("trades." + LIVE))
            .group_by(Trade.wallet_id)
            .subquery()
        )
        statement = (
            select(
                Wallet,
                WalletRiskSettings,
                RiskState.balance,
                RiskState.equity,
                RiskState.free_margin,
                RiskState.balance_as_of,
                func.coalesce(live.c.open_positions, 0),
            )
            .outerjoin(
                WalletRiskSettings,
                (WalletRiskSettings.user_id == Wallet.user_id) & (WalletRiskSettings.wallet_id == Wallet.id),
            )
            .outerjoin(RiskState, (RiskState.user_id == Wallet.user_id) & (RiskState.wallet_id == Wallet.id))
            .outerjoin(live, live.c.wallet_id == Wallet.id)
            .where(Wallet.user_id == user_id)
            .order_by(Wallet.status, Wallet.created_at, Wallet.id)
            .execution_options(populate_existing=True)
        )
        if wallet_id is not None:
            statement = statement.where(Wallet.id == wallet_id)
        return [WalletRecord(*row) for row in await self._session.execute(statement)]

    async def lock(self, user_id: UUID, wallet_id: UUID) -> Wallet | None:
        """The wallet, locked against a change at the same time."""
        statement = (
            select(Wallet)
            .where(Wallet.user_id == user_id, Wallet.id == wallet_id)
            .with_for_update(key_share=True)
            .execution_options(populate_existing=True)
        )
        return (await self._session.execute(statement)).scalar_one_or_none()

    async def insert(self, user_id: UUID, values: Mapping[str, object]) -> bool:
        """Make a wallet; False where its id, its name or its exchange account is taken."""
        statement = (
            insert(Wallet)
            .values(dict(values) | {"user_id": user_id})
            .on_conflict_do_nothing()
            .returning(Wallet.id)
        )
        return (await self._session.execute(statement)).first() is not None

    async def change(self, user_id: UUID, wallet_id: UUID, values: Mapping[str, object]) -> None:
        """Write columns of a wallet."""
        statement = update(Wallet).where(Wallet.user_id == user_id, Wallet.id == wallet_id)
        await self._session.execute(
            statement.values(dict(values) | {"updated_at": func.now()}).execution_options(
                synchronize_session=False
            )
        )

    async def name_is_taken(self, user_id: UUID, name: str, except_for: UUID) -> bool:
        """Whether another active wallet of the tenant has the name."""
        statement = select(Wallet.id).where(
            Wallet.user_id == user_id,
            Wallet.name == name,
            Wallet.status == ACTIVE,
            Wallet.id != except_for,
        )
        return (await self._session.execute(statement.limit(1))).first() is not None

    async def live_trades(self, user_id: UUID, wallet_id: UUID) -> int:
        """How many of the wallet's trades are not over."""
        statement = (
            select(func.count())
            .select_from(Trade)
            .where(Trade.user_id == user_id, Trade.wallet_id == wallet_id, text("trades." + LIVE))
        )
        return (await self._session.execute(statement)).scalar_one()
