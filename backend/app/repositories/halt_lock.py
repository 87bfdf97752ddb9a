"""The lock between every gate and every halt.

A gate takes the shared side in its transaction, after it has decided and before it lets the order go, and looks
once more for a state that stops it; who halts the platform, a venue, a user or a wallet commits
the state under the exclusive side. When that commit returns, no gate passes any more: reading a flag alone
would let gates through that read it just before. The shared side is taken last so that it is held for no longer
than that look, one update and the commit: whoever halts waits for no more than that.
"""

from sqlalchemy import func, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.breaker import EVERY_ENVIRONMENT, PLATFORM_ID
from app.domain.types import BreakerScope, TradingState
from app.models.risk_state import BreakerState
from app.repositories.trading_accounts import TradingAccount

HALT_LOCK_KEY = 7_245_911


class SystemHaltLock:
    """Both sides of the lock; released when the transaction ends."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def share(self) -> None:
        """A gate's side: many at once, none beside a halt."""
        await self._session.execute(select(func.pg_advisory_xact_lock_shared(HALT_LOCK_KEY)))

    async def exclude(self) -> None:
        """A halt's side: waits for the gates that are inside, and keeps others out."""
        await self._session.execute(select(func.pg_advisory_xact_lock(HALT_LOCK_KEY)))

    async def stops(self, account: TradingAccount) -> bool:
        """Whether any state stands now that stops the account's entries. Asked after `share`, by a statement of
        its own: it sees every halt that was committed before the shared side was had, and no other can come."""
        held = BreakerState
        scopes = {
            BreakerScope.PLATFORM: PLATFORM_ID,
            BreakerScope.VENUE: account.venue,
            BreakerScope.USER: str(account.user_id),
            BreakerScope.WALLET: str(account.wallet_id),
        }
        concerned = tuple_(held.scope, held.scope_id).in_(
            [(scope.value, scope_id) for scope, scope_id in scopes.items()]
        )
        statement = select(held.scope).where(
            concerned,
            held.state != TradingState.ACTIVE.value,
            or_(held.until.is_(None), held.until > func.clock_timestamp()),
            held.environment.in_((EVERY_ENVIRONMENT, account.environment)),
        )
        return (await self._session.execute(statement.limit(1))).first() is not None
