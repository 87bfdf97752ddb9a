"""What the gate reads and locks: balances, the day's window, and everything that decides about an entry.

Lock order: a user's row, then its wallets' rows, users in order of their ids.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from sqlalchemy import bindparam, exists, func, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import defer

from app.domain.types import OrderLeg, OrderStatus
from app.models.order import Order
from app.models.risk_settings import RiskSettings, WalletRiskSettings
from app.models.risk_state import BreakerState, RiskState
from app.models.trade import LIVE, Trade
from app.models.user import User
from app.models.wallet import Wallet

LIVE_TRADE = text("trades." + LIVE)
LIVE_STOP = (
    exists()
    .where(
        Order.user_id == Trade.user_id,
        Order.trade_id == Trade.id,
        Order.leg == OrderLeg.STOP,
        Order.status.in_((OrderStatus.OPEN, OrderStatus.PARTIAL)),
    )
    .correlate(Trade)
)


@dataclass(frozen=True, slots=True)
class WalletRules:
    """A wallet with everything that was decided about it by its user."""

    wallet: Wallet
    time_zone: str
    user_settings: RiskSettings | None
    wallet_settings: WalletRiskSettings | None


@dataclass(frozen=True, slots=True)
class Exposure:
    """A live trade, and whether a stop of it is working at the venue."""

    trade: Trade
    has_live_stop: bool


class RiskStateRepository:
    """Risk state of one tenant."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def lock(self, user_id: UUID, environment: str) -> list[RiskState]:
        """The tenant's rows of that environment, locked: the user's row (wallet_id None) first."""
        return await _lock(self._session, [user_id], environment)

    async def ensure(self, user_id: UUID, environment: str, wallet_id: UUID) -> None:
        """Make the rows of the user and the wallet where they are missing."""
        await _ensure(self._session, [(user_id, wallet_id)], environment)

    async def write(self, user_id: UUID, row: RiskState, values: Mapping[str, object]) -> None:
        """Write figures of a locked row."""
        await self._session.execute(
            update(RiskState)
            .where(RiskState.user_id == user_id, RiskState.id == row.id)
            .values(dict(values) | {"updated_at": func.now()})
            .execution_options(synchronize_session=False)
        )

    async def move_balance(
        self, user_id: UUID, environment: str, wallet_id: UUID, gain: Decimal, margin: Decimal
    ) -> None:
        """Add to the known balance and equity, and to the free margin, of the user's and the wallet's row."""
        await (await self._session.connection()).execute(
            _BALANCE_MOVED,
            {
                "user": user_id,
                "environment": environment,
                "wallet": wallet_id,
                "gain": gain,
                "margin": margin,
            },
        )

    async def of_wallet(self, user_id: UUID, wallet_id: UUID) -> RiskState | None:
        """The wallet's row as it stands; None before its first."""
        statement = (
            select(RiskState)
            .where(RiskState.user_id == user_id, RiskState.wallet_id == wallet_id)
            .execution_options(populate_existing=True)
        )
        return (await self._session.execute(statement)).scalar_one_or_none()

    async def rules(self, user_id: UUID, environment: str) -> list[WalletRules]:
        """The tenant's wallets of that environment, archived ones too, with their settings."""
        return await _rules(self._session, [user_id], environment)

    async def exposures(self, user_id: UUID, environment: str) -> list[Exposure]:
        """The tenant's live trades of that environment."""
        return await _exposures(self._session, [user_id], environment)

    async def breakers(self, user_id: UUID) -> list[BreakerState]:
        """Trading states of the platform, the venues, the tenant and its wallets."""
        return await _breakers(self._session, [user_id])


class SystemRiskStateRepository:
    """Risk state of many tenants at once: one read for everybody that a signal meets."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def lock(self, user_ids: Sequence[UUID], environment: str) -> list[RiskState]:
        """The rows of these users, locked in order."""
        return await _lock(self._session, user_ids, environment)

    async def ensure(self, pairs: Sequence[tuple[UUID, UUID]], environment: str) -> None:
        """Make the rows of these (user, wallet) pairs where they are missing."""
        await _ensure(self._session, pairs, environment)

    async def write(self, row: RiskState, values: Mapping[str, object]) -> None:
        """Write figures of a locked row."""
        await self._session.execute(
            update(RiskState)
            .where(RiskState.id == row.id)
            .values(dict(values) | {"updated_at": func.now()})
            .execution_options(synchronize_session=False)
        )

    async def rules(self, user_ids: Sequence[UUID], environment: str) -> list[WalletRules]:
        """These users' wallets of that environment, archived ones too, with their settings."""
        return await _rules(self._session, user_ids, environment)

    async def exposures(self, user_ids: Sequence[UUID], environment: str) -> list[Exposure]:
        """These users' live trades of that environment."""
        return await _exposures(self._session, user_ids, environment)

    async def breakers(self, user_ids: Sequence[UUID]) -> list[BreakerState]:
        """Trading states of the platform, the venues, these users and their wallets."""
        return await _breakers(self._session, user_ids)


_LOCKED = (
    select(RiskState)
    .where(
        RiskState.user_id.in_(bindparam("users", expanding=True)),
        RiskState.environment == bindparam("environment"),
    )
    .order_by(RiskState.user_id, RiskState.wallet_id.nulls_first())
    .with_for_update()
    .execution_options(populate_existing=True)
)
_RULES = (
    select(Wallet, User.time_zone, RiskSettings, WalletRiskSettings)
    .options(defer(Wallet.api_key_ciphertext), defer(Wallet.api_secret_ciphertext))
    .join(User, User.id == Wallet.user_id)
    .outerjoin(RiskSettings, RiskSettings.user_id == Wallet.user_id)
    .outerjoin(
        WalletRiskSettings,
        (WalletRiskSettings.user_id == Wallet.user_id) & (WalletRiskSettings.wallet_id == Wallet.id),
    )
    .where(
        Wallet.user_id.in_(bindparam("users", expanding=True)),
        Wallet.environment == bindparam("environment"),
    )
    .order_by(Wallet.user_id, Wallet.id)
    .execution_options(populate_existing=True)
)
_EXPOSURES = (
    select(Trade, LIVE_STOP)
    .where(
        Trade.user_id.in_(bindparam("users", expanding=True)),
        Trade.environment == bindparam("environment"),
        LIVE_TRADE,
    )
    .execution_options(populate_existing=True)
)
_BREAKERS = (
    select(BreakerState)
    .where(or_(BreakerState.user_id.is_(None), BreakerState.user_id.in_(bindparam("users", expanding=True))))
    .execution_options(populate_existing=True)
)
_BALANCE_MOVED = text(
    """
WITH held AS (
    SELECT id FROM risk_state
    WHERE user_id = :user AND environment = :environment AND (wallet_id IS NULL OR wallet_id = :wallet)
    ORDER BY wallet_id NULLS FIRST FOR UPDATE
)
UPDATE risk_state SET balance = balance + :gain, equity = equity + :gain,
    free_margin = free_margin + :margin, updated_at = now()
FROM held WHERE risk_state.id = held.id
"""
)


async def _lock(session: AsyncSession, user_ids: Sequence[UUID], environment: str) -> list[RiskState]:
    found = await session.execute(_LOCKED, {"users": list(user_ids), "environment": environment})
    return list(found.scalars())


async def _ensure(session: AsyncSession, pairs: Sequence[tuple[UUID, UUID]], environment: str) -> None:
    users = sorted({user_id for user_id, _ in pairs})
    rows = [{"user_id": user_id, "environment": environment, "wallet_id": None} for user_id in users]
    rows += [
        {"user_id": user_id, "environment": environment, "wallet_id": wallet_id}
        for user_id, wallet_id in sorted(pairs)
    ]
    await session.execute(insert(RiskState).values(rows).on_conflict_do_nothing())


async def _rules(session: AsyncSession, user_ids: Sequence[UUID], environment: str) -> list[WalletRules]:
    found = await session.execute(_RULES, {"users": list(user_ids), "environment": environment})
    return [WalletRules(*row) for row in found]


async def _exposures(session: AsyncSession, user_ids: Sequence[UUID], environment: str) -> list[Exposure]:
    found = await session.execute(_EXPOSURES, {"users": list(user_ids), "environment": environment})
    return [Exposure(*row) for row in found]


async def _breakers(session: AsyncSession, user_ids: Sequence[UUID]) -> list[BreakerState]:
    return list((await session.execute(_BREAKERS, {"users": list(user_ids)})).scalars())
