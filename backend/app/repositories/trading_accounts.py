"""Accounts that the executor speaks for: active wallets, by shard or by what a signal meets."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import exists, func, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.risk_state import RiskDecision
from app.models.signal import Signal
from app.models.trade import LIVE, Trade
from app.models.wallet import Wallet


@dataclass(frozen=True, slots=True)
class TradingAccount:
    """One wallet as the executor knows it."""

    user_id: UUID
    wallet_id: UUID
    venue: str
    environment: str
    shard: int


_COLUMNS = (Wallet.user_id, Wallet.id, Wallet.venue, Wallet.environment, Wallet.shard)


class TradingAccountRepository:
    """Accounts of one tenant."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def name(self, user_id: UUID, wallet_id: UUID) -> str | None:
        """What the owner calls the wallet; None where the tenant has none of that id."""
        statement = select(Wallet.name).where(Wallet.user_id == user_id, Wallet.id == wallet_id)
        return (await self._session.execute(statement)).scalar_one_or_none()

    async def frozen_reason(self, user_id: UUID, wallet_id: UUID) -> str | None:
        """Why the wallet enters nothing; None where nothing stops it."""
        statement = select(Wallet.entries_frozen_reason).where(
            Wallet.user_id == user_id, Wallet.id == wallet_id
        )
        return (await self._session.execute(statement)).scalar_one_or_none()

    async def freeze(self, user_id: UUID, wallet_id: UUID, reason: str) -> bool:
        """Stop the wallet's entries; False where they are stopped already."""
        statement = (
            update(Wallet)
            .where(Wallet.user_id == user_id, Wallet.id == wallet_id, Wallet.entries_frozen_reason.is_(None))
            .values(entries_frozen_reason=reason, updated_at=func.now())
            .returning(Wallet.id)
            .execution_options(synchronize_session=False)
        )
        return (await self._session.execute(statement)).first() is not None

    async def unfreeze(self, user_id: UUID, wallet_id: UUID, prefix: str) -> bool:
        """Let the wallet enter again where it was stopped for a reason that begins with `prefix`."""
        statement = (
            update(Wallet)
            .where(
                Wallet.user_id == user_id,
                Wallet.id == wallet_id,
                Wallet.entries_frozen_reason.startswith(prefix, autoescape=True),
            )
            .values(entries_frozen_reason=None, updated_at=func.now())
            .returning(Wallet.id)
            .execution_options(synchronize_session=False)
        )
        return (await self._session.execute(statement)).first() is not None


class SystemTradingAccountRepository:
    """Accounts of every tenant."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def of_shards(self, shards: Sequence[int]) -> list[TradingAccount]:
        """Active wallets of these shards, and archived ones with a live trade."""
        live = exists().where(
            Trade.user_id == Wallet.user_id, Trade.wallet_id == Wallet.id, text("trades." + LIVE)
        )
        statement = (
            select(*_COLUMNS)
            .where(Wallet.shard.in_(list(shards)), or_(Wallet.status == "active", live))
            .order_by(Wallet.user_id, Wallet.id)
        )
        return [TradingAccount(*row) for row in (await self._session.execute(statement))]

    async def account(self, wallet_id: UUID) -> TradingAccount | None:
        """The wallet of that id, whatever its status."""
        row = (await self._session.execute(select(*_COLUMNS).where(Wallet.id == wallet_id))).first()
        return None if row is None else TradingAccount(*row)

    async def all(self) -> list[TradingAccount]:
        """Every active wallet."""
        statement = select(*_COLUMNS).where(Wallet.status == "active").order_by(Wallet.user_id, Wallet.id)
        return [TradingAccount(*row) for row in (await self._session.execute(statement))]

    async def names(self) -> dict[UUID, str]:
        """The name of every active wallet by its id."""
        statement = select(Wallet.id, Wallet.name).where(Wallet.status == "active")
        return dict((await self._session.execute(statement)).all())

    async def subscribed(self, signal: Signal, wallet_id: UUID | None = None) -> list[TradingAccount]:
        """Wallets (one, where it is named) that trade this signal automatically and have not been decided about,
        ordered by user.

        An empty list of symbols, strategies or timeframes subscribes to none.
        """
        decided = exists().where(RiskDecision.wallet_id == Wallet.id, RiskDecision.signal_id == signal.id)
        statement = (
            select(*_COLUMNS)
            .where(
                Wallet.status == "active",
                Wallet.auto_trade_enabled,
                Wallet.venue == signal.venue,
                Wallet.symbols.contains([signal.symbol]),
                Wallet.strategies.contains([signal.strategy]),
                Wallet.timeframes.contains([signal.timeframe]),
                ~decided,
            )
            .order_by(Wallet.environment, Wallet.user_id, Wallet.id)
        )
        if wallet_id is not None:
            statement = statement.where(Wallet.id == wallet_id)
        return [TradingAccount(*row) for row in (await self._session.execute(statement))]

    async def signal(self, signal_id: UUID) -> Signal | None:
        """The signal of that id."""
        return (
            await self._session.execute(select(Signal).where(Signal.id == signal_id))
        ).scalar_one_or_none()
