"""The parts of the API process, joined once when it starts."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from redis.asyncio import Redis
from redis.exceptions import RedisError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from app.adapters.arq_queue import ArqQueue
from app.adapters.attempt_counter import RedisAttemptCounter
from app.adapters.email import NoMailer, SmtpMailer
from app.adapters.exchange.gateways import GatewayPool
from app.adapters.exchange.paper_admin import PaperAdmin
from app.adapters.pictures import redrawn
from app.bootstrap.account import account, authentication, second_factor, step_up
from app.bootstrap.api_database import ApiDatabase
from app.bootstrap.desk import TradingDesk
from app.bootstrap.exchange import build_gateways, build_market_reader, build_paper_admin, key_vault
from app.bootstrap.exports import exports
from app.bootstrap.health import system_health
from app.bootstrap.notifications import notifications
from app.bootstrap.pulse import pulsing
from app.bootstrap.reports import reports
from app.bootstrap.risk import risk_settings_desk
from app.core.clock import utc_now
from app.core.config import DatabaseRole, Settings, asyncpg_dsn, derive_key, jwt_key, role_database_url
from app.core.db import Database, DbSession
from app.core.errors import AppError, UnauthenticatedError
from app.core.lean_reads import CompiledRead, LeanReading, LeanReads
from app.core.redis import connect_redis
from app.core.security import AccessClaims, AccessTokens, DerivedTokens, Passwords
from app.domain.proof import Proof
from app.repositories.accounts import AccountRepository
from app.repositories.audit import AuditRepository
from app.repositories.execution_settings import ExecutionSettingsRepository
from app.repositories.journal_notes import JournalNoteRepository
from app.repositories.keyset import Page, decode_cursor
from app.repositories.ledger import LedgerRepository
from app.repositories.platform_limits import SystemPlatformLimitRepository
from app.repositories.risk_state import RiskStateRepository
from app.repositories.sessions import SIGNED_IN, SessionRepository
from app.repositories.trades import TradeRepository
from app.repositories.trading_schedules import TradingScheduleRepository
from app.repositories.user_events import UserEventRepository
from app.repositories.user_search import FoundUser, SystemUserSearch
from app.repositories.wallets import WalletRepository
from app.services.account import Account
from app.services.attempts import AttemptCounter, subject_of
from app.services.auth import Authentication, SignedInUser
from app.services.execution_settings import WalletExecutionSettings
from app.services.exports import Exports
from app.services.idempotency import IdempotencyKeys
from app.services.journal_notes import JournalNotes
from app.services.notifications import Notifications
from app.services.operator_cases import OperatorCases
from app.services.platform_limits import PlatformLimits
from app.services.ports import MarketReader
from app.services.price_book import PriceBook
from app.services.registration import Registration
from app.services.reports import Reports
from app.services.screenshots import Screenshots
from app.services.step_up import Proving, StepUp, require
from app.services.system_health import SystemHealth
from app.services.trading.balances import BalanceKeeper
from app.services.trading.markets import MarketView
from app.services.trading.risk_settings import RiskSettingsDesk
from app.services.trading_schedules import TradingSchedules
from app.services.two_factor import CODE_BY_USER, SecondFactor
from app.services.wallet_arming import WalletArming
from app.services.wallet_opening import OpeningTerms, WalletOpening
from app.services.wallet_rows import ShownWallets
from app.services.wallet_transfers import WalletTransfers
from app.services.wallets import Followed, Wallets

PROBE_SECONDS = 2.0
OPERATOR_CONNECTIONS = 9
SIGNED_IN_READ = CompiledRead(SIGNED_IN)


@dataclass(frozen=True, slots=True)
class ApiParts:
    """What the routes work with."""

    settings: Settings
    database: Database
    everybody: Database
    redis: Redis
    tokens: AccessTokens
    authentication: Authentication
    step_up: StepUp
    exports: Exports
    reports: Reports
    screenshots: Screenshots
    attempts: AttemptCounter
    registration: Registration
    keys: IdempotencyKeys
    opening: WalletOpening
    arming: WalletArming
    desk: TradingDesk
    reader: MarketReader
    reads: LeanReads
    system_health: SystemHealth

    def proof(self, user: SignedInUser) -> Proof:
        """When the asking session last showed who sits there."""
        return Proof(user.proved_at, timedelta(minutes=self.settings.step_up_minutes))

    def proving(self, user: SignedInUser) -> Proving:
        """Refuses what needs a proof where the asking session has none that counts."""
        return lambda: require(self.proof(user), utc_now())

    def second_factor(self, session: DbSession) -> SecondFactor:
        """The second factor, in the request's transaction."""
        return second_factor(session, self.settings, utc_now)

    async def count_code(self, user_id: UUID) -> None:
        """Count an attempt at a code, and refuse it above the limit."""
        await self.attempts.count(CODE_BY_USER, subject_of(str(user_id)))

    def risk_settings(self, session: DbSession, prove: Proving) -> RiskSettingsDesk:
        """Risk settings, in the request's transaction; what loosens asks for the session's proof."""
        return risk_settings_desk(session, utc_now, prove)

    def wallets(self, session: DbSession, prove: Proving) -> Wallets:
        """Wallets, in the request's transaction."""
        return Wallets(
            WalletRepository(session),
            AccountRepository(session),
            RiskStateRepository(session),
            self.risk_settings(session, prove),
            AuditRepository(session),
            UserEventRepository(session),
            self.reader,
            Followed(
                self.settings.feed_symbols, self.settings.feed_timeframes, self.settings.max_subscriptions
            ),
            utc_now,
        )

    def operator_cases(self) -> OperatorCases:
        """Trades that wait for an operator; opens its own transactions."""
        return OperatorCases(self.everybody, self.database, utc_now)

    async def find_users(
        self, session: DbSession, words: str, cursor: str | None, limit: int
    ) -> Page[FoundUser]:
        """Users of every tenant, in an administrator's transaction."""
        return await SystemUserSearch(session).find(words.strip(), decode_cursor(cursor), limit)

    def platform_limits(self, session: DbSession) -> PlatformLimits:
        """The platform's limits, in an administrator's transaction."""
        return PlatformLimits(SystemPlatformLimitRepository(session), AuditRepository(session), utc_now)

    def execution_settings(self, session: DbSession, prove: Proving) -> WalletExecutionSettings:
        """Execution settings of wallets, in the request's transaction."""
        return WalletExecutionSettings(
            ExecutionSettingsRepository(session), AuditRepository(session), prove, utc_now
        )

    def trading_schedules(self, session: DbSession, prove: Proving) -> TradingSchedules:
        """When users and wallets want to trade, in the request's transaction."""
        return TradingSchedules(
            TradingScheduleRepository(session),
            AuditRepository(session),
            self.desk.book.market_time,
            self.settings.allowed_venues,
            prove,
            utc_now,
        )

    def notifications(self, session: DbSession) -> Notifications:
        """What users are told, in the request's transaction."""
        return notifications(session, self.settings)

    def account(self, session: DbSession, prove: Proving) -> Account:
        """The own account, in the request's transaction."""
        return account(session, self.settings, prove)

    def journal_notes(self, session: DbSession) -> JournalNotes:
        """What the user adds to the journal, in the request's transaction."""
        return JournalNotes(JournalNoteRepository(session), TradeRepository(session), utc_now)

    def wallet_transfers(self, session: DbSession) -> WalletTransfers:
        """Deposits and withdrawals, in the request's transaction."""
        return WalletTransfers(LedgerRepository(session))

    async def signed_in_user(self, session: DbSession, claims: AccessClaims) -> SignedInUser:
        """Who the claims speak for; a session that was ended is refused from that moment on."""
        user = await SessionRepository(session).signed_in(claims.user_id, claims.session_id, utc_now())
        if user is None:
            raise _session_over()
        return user

    async def standing_user(self, claims: AccessClaims) -> SignedInUser:
        """The same in a short read of its own, for services that open their transactions themselves."""
        async with self.reading(claims) as (user, _):
            return user

    @asynccontextmanager
    async def reading(self, claims: AccessClaims) -> AsyncIterator[tuple[SignedInUser, LeanReading]]:
        """The same with the transaction that it was read in, for what is read beside."""
        values = {"user_id": claims.user_id, "session_id": claims.session_id, "now": utc_now()}
        async with self.reads.tenant(claims.user_id) as reading:
            row = await reading.one(SIGNED_IN_READ, values)
            if row is None:
                raise _session_over()
            yield SignedInUser(*row), reading

    async def database_answers(self) -> bool:
        """Whether Postgres answers."""
        try:
            async with asyncio.timeout(PROBE_SECONDS), self.database.system() as session:
                await session.execute(text("SELECT 1"))
        except (SQLAlchemyError, AppError, OSError):
            return False
        return True

    async def redis_answers(self) -> bool:
        """Whether Redis answers."""
        try:
            async with asyncio.timeout(PROBE_SECONDS):
                return bool(await self.redis.ping())
        except (RedisError, OSError):
            return False


def _session_over() -> UnauthenticatedError:
    return UnauthenticatedError("The session is over: sign in again.", code="session_over")


def email_links(settings: Settings) -> DerivedTokens:
    """The tokens of mailed links; the command line derives the same."""
    return DerivedTokens(derive_key(settings, "email-token/1"))


class GatewayAccountCheck:
    """Connects with keys that are not stored, asks, and forgets them."""

    def __init__(self, gateways: GatewayPool) -> None:
        self._gateways = gateways

    async def refusal(self, venue: str, api_key: str, api_secret: str) -> str | None:
        """Why the account cannot be used, or None."""
        gateway = await self._gateways.for_credentials(venue, (api_key, api_secret))
        try:
            return await gateway.refusal_of_account()
        finally:
            await gateway.close()

    async def identity(self, venue: str, api_key: str, api_secret: str) -> str | None:
        """The venue's own id of the account; None where it does not tell one."""
        gateway = await self._gateways.for_credentials(venue, (api_key, api_secret))
        try:
            return await gateway.account_identity()
        finally:
            await gateway.close()


def _database(settings: Settings, stack: AsyncExitStack, role: DatabaseRole, size: int) -> ApiDatabase:
    """One role's connections, closed with the stack."""
    database = ApiDatabase(role_database_url(settings, role), connections=size)
    stack.push_async_callback(database.close)
    return database


@asynccontextmanager
async def open_api(settings: Settings) -> AsyncIterator[ApiParts]:
    """Join the parts, and take them apart at the end. Nothing is connected before it is used."""
    async with AsyncExitStack() as stack:
        database = _database(settings, stack, DatabaseRole.API, settings.database_pool_size)
        everybody = _database(settings, stack, DatabaseRole.ADMIN_RO, OPERATOR_CONNECTIONS)
        reads = LeanReads(
            asyncpg_dsn(role_database_url(settings, DatabaseRole.API)),
            size=max(settings.database_pool_size // 2, 1),  # held for the moment of a read
        )
        stack.push_async_callback(reads.close)
        redis = connect_redis(settings)
        stack.push_async_callback(redis.aclose)
        await stack.enter_async_context(pulsing(settings, redis, "api"))
        passwords = Passwords()
        stack.callback(passwords.close)
        mailer = SmtpMailer(settings) if settings.smtp_host else NoMailer()
        stack.push_async_callback(mailer.close)
        reader = build_market_reader(settings, redis)
        stack.push_async_callback(reader.close)
        book = PriceBook()
        gateways = build_gateways(settings, database, redis)
        stack.push_async_callback(gateways.close)
        paper = build_paper_admin(settings)
        stack.push_async_callback(paper.close)
        tokens = AccessTokens(jwt_key(settings), settings.access_token_seconds)
        attempts, bell = RedisAttemptCounter(redis), ArqQueue(settings.redis_url)
        stack.push_async_callback(bell.close)
        yield ApiParts(
            settings=settings,
            database=database,
            everybody=everybody,
            redis=redis,
            tokens=tokens,
            authentication=authentication(settings, database, passwords, tokens, attempts),
            attempts=attempts,
            exports=exports(settings, database, bell),
            reports=reports(settings, database, bell),
            screenshots=Screenshots(database, redrawn, settings.max_screenshots),
            step_up=step_up(settings, database, passwords, attempts),
            registration=Registration(
                database, passwords, email_links(settings), attempts, mailer, settings.browser_url, utc_now
            ),
            keys=IdempotencyKeys(database, utc_now),
            arming=WalletArming(database, key_vault(settings), GatewayAccountCheck(gateways), utc_now),
            opening=_opening(settings, database, reader, book, gateways, paper),
            desk=TradingDesk(settings, database, redis, reader, ShownWallets(database), book, gateways),
            reader=reader,
            reads=reads,
            system_health=system_health(settings, _overseer(settings, stack), redis),
        )


def _opening(
    settings: Settings,
    database: Database,
    reader: MarketReader,
    book: PriceBook,
    gateways: GatewayPool,
    paper: PaperAdmin,
) -> WalletOpening:
    return WalletOpening(
        database,
        key_vault(settings),
        paper,
        GatewayAccountCheck(gateways),
        BalanceKeeper(database, gateways, MarketView(reader, book)),
        OpeningTerms(
            settings.allowed_venues, settings.shard_count, settings.live_trading, settings.max_wallets
        ),
        utc_now,
    )


def _overseer(settings: Settings, stack: AsyncExitStack) -> Database:
    """Reads what administrators are shown of every tenant; nothing is written by it."""
    database = Database(role_database_url(settings, DatabaseRole.ADMIN_RO), connections=2)
    stack.push_async_callback(database.close)
    return database
