"""Trading states of every scope that concerns a tenant, what changed them, and their mirror in the settings."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import and_, func, insert, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.breaker import BreakerCause, ScopeState
from app.domain.types import BreakerScope, TradingState
from app.models.circuit_breaker import BreakerEvent
from app.models.risk_settings import RiskSettings
from app.models.risk_state import BreakerState, RiskState
from app.models.wallet import Wallet

ACTIVE = TradingState.ACTIVE.value


@dataclass(frozen=True, slots=True)
class BreakerChange:
    """What is written of a change: the state, whose it is (None: the platform's or a venue's), and for a rule what
    it measured, in its own unit, and the market time at which."""

    held: ScopeState
    user_id: UUID | None
    kind: str
    reading: Decimal | None = None
    threshold: Decimal | None = None
    market_time: datetime | None = None
    probe: Mapping[str, str] | None = None


class SystemBreakerRepository:
    """Trading states of everybody, as far as the transaction's role may see and write them."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def lock(self, change: BreakerChange) -> ScopeState | None:
        """The state as it stands for that scope and cause, locked; None before the first."""
        held = change.held
        statement = (
            _STATES.where(
                BreakerState.scope == held.scope.value,
                BreakerState.scope_id == held.scope_id,
                BreakerState.environment == held.environment,
                BreakerState.cause == held.cause.value,
            )
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        row = (await self._session.execute(statement)).scalar_one_or_none()
        return None if row is None else state_of(row)

    async def write(self, change: BreakerChange) -> None:
        """Write a state and the event that tells of it."""
        held = change.held
        values = {
            "state": held.state.value,
            "reason": held.reason,
            "changed_by": held.changed_by,
            "changed_at": held.changed_at,
            "until": held.until,
            "resets_at": held.resets_at,
            "probe": None if change.probe is None else dict(change.probe),
        }
        key = _key(held)
        await self._session.execute(
            upsert(BreakerState)
            .values(user_id=change.user_id, **key, **values)
            .on_conflict_do_update(
                index_elements=list(key),
                set_=values,
                where=BreakerState.user_id.is_not_distinct_from(change.user_id),
            )
        )
        await self.record(change)

    async def record(self, change: BreakerChange) -> None:
        """Write the event alone: something was noticed and nothing stopped."""
        held = change.held
        await self._session.execute(
            insert(BreakerEvent).values(
                user_id=change.user_id,
                **_key(held),
                kind=change.kind,
                reason=held.reason,
                changed_by=held.changed_by,
                reading=change.reading,
                threshold=change.threshold,
                market_time=change.market_time,
            )
        )

    async def in_force(self) -> list[tuple[ScopeState, UUID | None, Mapping[str, str] | None]]:
        """Every state that is not active, with its owner and its probe."""
        rows = (await self._session.execute(_STATES.where(BreakerState.state != ACTIVE))).scalars()
        return [(state_of(row), row.user_id, row.probe) for row in rows]

    async def since(self, at: datetime) -> list[tuple[ScopeState, UUID | None, Mapping[str, str] | None]]:
        """Every state that is not active or was changed since that wall time, with its owner and its probe."""
        statement = _STATES.where(or_(BreakerState.state != ACTIVE, BreakerState.changed_at >= at))
        rows = (await self._session.execute(statement)).scalars()
        return [(state_of(row), row.user_id, row.probe) for row in rows]

    async def was_recorded(self, change: BreakerChange, since: datetime) -> bool:
        """Whether the same was written since then: market time where the change has one, else wall time."""
        at = BreakerEvent.created_at if change.market_time is None else BreakerEvent.market_time
        own = [getattr(BreakerEvent, name) == value for name, value in _key(change.held).items()]
        statement = select(BreakerEvent.id).where(*own, BreakerEvent.kind == change.kind, at > since).limit(1)
        return (await self._session.execute(statement)).first() is not None

    async def between(self, since: datetime, until: datetime, limit: int) -> list[BreakerEvent]:
        """The oldest events from `since` up to `until`: market time where a rule decided by it, else wall time."""
        at = func.coalesce(BreakerEvent.market_time, BreakerEvent.created_at)
        statement = select(BreakerEvent).where(at >= since, at < until).order_by(at, BreakerEvent.id)
        return list((await self._session.execute(statement.limit(limit))).scalars())

    async def of_scope(self, scope: BreakerScope, scope_id: str) -> list[tuple[ScopeState, UUID | None]]:
        """The states of one scope that are not active, one per cause."""
        statement = _STATES.where(
            BreakerState.scope == scope.value, BreakerState.scope_id == scope_id, BreakerState.state != ACTIVE
        )
        return [(state_of(row), row.user_id) for row in (await self._session.execute(statement)).scalars()]

    async def keep_probe(self, held: ScopeState, probe: Mapping[str, str]) -> None:
        """Remember how far a venue has come back."""
        own = [getattr(BreakerState, name) == value for name, value in _key(held).items()]
        await self._session.execute(
            update(BreakerState)
            .where(and_(*own))
            .values(probe=dict(probe))
            .execution_options(synchronize_session=False)
        )

    async def announce(self, scope: BreakerScope, scope_id: str) -> None:
        """Tell the screens of everybody whom it concerns."""
        await self._session.execute(select(func.announce_breaker(scope.value, scope_id)))


class BreakerRepository:
    """Trading states of one tenant, and those of the platform and the venues, which it may read."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def states(self, user_id: UUID) -> list[ScopeState]:
        """Every state that was set for the platform, a venue, the user or one of its wallets."""
        own = _STATES.where(or_(BreakerState.user_id.is_(None), BreakerState.user_id == user_id))
        return [state_of(row) for row in (await self._session.execute(own)).scalars()]

    async def events(self, user_id: UUID, limit: int) -> list[BreakerEvent]:
        """The newest events that concern the user, newest first."""
        statement = (
            select(BreakerEvent)
            .where(or_(BreakerEvent.user_id.is_(None), BreakerEvent.user_id == user_id))
            .order_by(BreakerEvent.id.desc())
            .limit(limit)
        )
        return list((await self._session.execute(statement)).scalars())

    async def active_wallets(self, user_id: UUID) -> list[tuple[UUID, str]]:
        """(wallet id, venue) of the tenant's active wallets, oldest first."""
        statement = (
            select(Wallet.id, Wallet.venue)
            .where(Wallet.user_id == user_id, Wallet.status == "active")
            .order_by(Wallet.created_at, Wallet.id)
        )
        return [(wallet_id, venue) for wallet_id, venue in await self._session.execute(statement)]

    async def is_paused_by_settings(self, user_id: UUID) -> bool:
        """Whether the risk settings say that trading is paused."""
        statement = select(RiskSettings.trading_paused).where(RiskSettings.user_id == user_id)
        return bool((await self._session.execute(statement)).scalar_one_or_none())

    async def forget_losses(self, user_id: UUID, wallet_id: UUID | None) -> bool:
        """Begin the count of losses in a row anew, of the user (with its strategies and symbols, and with the
        drawdown of those whose limit is reached) or of one wallet; False where there was none."""
        own = RiskState.wallet_id.is_(None) if wallet_id is None else RiskState.wallet_id == wallet_id
        found = await self._session.execute(
            update(RiskState)
            .where(RiskState.user_id == user_id, own, RiskState.consecutive_losses > 0)
            .values(consecutive_losses=0)
            .returning(RiskState.id)
            .execution_options(synchronize_session=False)
        )
        forgotten = found.first() is not None
        if wallet_id is None:
            for anew in (func.forget_counted_losses(), func.begin_books_anew()):
                counted = await self._session.execute(select(anew))
                forgotten |= counted.scalar_one() > 0
        return forgotten

    async def begin_drawdown_anew(
        self, user_id: UUID, wallet_id: UUID | None, environments: Collection[str]
    ) -> None:
        """Let the drawdown be counted from the equity as it is now, on a person's word."""
        own = RiskState.wallet_id.is_(None) if wallet_id is None else RiskState.wallet_id == wallet_id
        await self._session.execute(
            update(RiskState)
            .where(RiskState.user_id == user_id, own, RiskState.environment.in_(list(environments)))
            .values(peak_equity=RiskState.equity)
            .execution_options(synchronize_session=False)
        )

    async def mirror_pause(self, user_id: UUID, *, paused: bool) -> None:
        """Make `risk_settings.trading_paused` say so; without a row only a pause makes one."""
        if paused:
            await self._session.execute(
                upsert(RiskSettings)
                .values(user_id=user_id, trading_paused=True)
                .on_conflict_do_update(
                    index_elements=[RiskSettings.user_id],
                    set_={"trading_paused": True, "updated_at": func.now()},
                )
            )
            return
        await self._session.execute(
            update(RiskSettings)
            .where(RiskSettings.user_id == user_id, RiskSettings.trading_paused)
            .values(trading_paused=False, updated_at=func.now())
            .execution_options(synchronize_session=False)
        )


_STATES = select(BreakerState)


def state_of(row: BreakerState) -> ScopeState:
    """The stored state as the rules read it."""
    return ScopeState(
        BreakerScope(row.scope),
        row.scope_id,
        TradingState(row.state),
        row.reason,
        row.changed_by,
        row.changed_at,
        row.until,
        row.environment,
        BreakerCause(row.cause),
        row.resets_at,
        bool(row.probe and int(row.probe.get("successes", "0")) > 0),
    )


def _key(held: ScopeState) -> dict[str, str]:
    return {
        "scope": held.scope.value,
        "scope_id": held.scope_id,
        "environment": held.environment,
        "cause": held.cause.value,
    }
