"""New wallets, and money moved into and out of simulated ones: what is told to a venue and written here, in
that order.

Both are named by a reference that is the same for each try of the same request. What the venue does for it, it
does once; a wallet is written in one transaction after the venue answered. A process that dies in between leaves
nothing to be seen, and the next try ends what this one began.
"""

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Final, Protocol
from uuid import UUID

import structlog

from app.core.crypto import KeyVault
from app.core.db import Database, DbSession
from app.core.errors import ConflictError, FieldError, ForbiddenError, InvalidInputError, UnavailableError
from app.domain.decimal_text import plain
from app.domain.types import Environment
from app.domain.venue import VenueUnavailableError, WithdrawalRefusedError
from app.repositories.accounts import AccountRepository
from app.repositories.audit import AuditRepository
from app.repositories.quota_lock import hold_quota
from app.repositories.risk_settings import RiskSettingsRepository
from app.repositories.risk_state import RiskStateRepository
from app.repositories.trading_accounts import TradingAccount
from app.repositories.user_events import UserEventRepository
from app.repositories.wallets import ACTIVE, WalletRepository
from app.services.ports import PaperVenueAdmin
from app.services.wallet_views import WalletView, wallet_view
from app.services.wallets import name_taken, no_wallet

PAPER: Final = "paper"
BALANCE_SECONDS: Final = 4.0  # a venue that is slow, or whose rate limit is used up, keeps nobody waiting

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class NewWallet:
    """What somebody wants to open. Keys are shown nowhere."""

    name: str
    venue: str
    environment: Environment
    api_key: str | None = field(default=None, repr=False)
    api_secret: str | None = field(default=None, repr=False)
    initial_deposit: Decimal | None = None


@dataclass(frozen=True, slots=True)
class OpeningTerms:
    """Venues of the operator's list, the shards that wallets are spread over, whether live wallets may be opened,
    and how many active wallets a user may have."""

    venues: tuple[str, ...]
    shard_count: int
    live_allowed: bool = False
    most_wallets: int = 20


class AccountCheck(Protocol):
    """Asks a venue about keys that are not stored: why the account cannot be used, or None."""

    async def refusal(self, venue: str, api_key: str, api_secret: str) -> str | None: ...

    async def identity(self, venue: str, api_key: str, api_secret: str) -> str | None:
        """The venue's own id of the account, the same for every key of it; None where it does not tell one."""
        ...


class Balances(Protocol):
    """Reads balance and ledger of an account from its venue, and writes them."""

    async def refresh(self, account: TradingAccount) -> object: ...


class WalletOpening:
    """Opens wallets of one user at a time. It opens its own transactions, around the calls to venues."""

    def __init__(
        self,
        database: Database,
        vault: KeyVault,
        paper: PaperVenueAdmin,
        accounts: AccountCheck,
        balances: Balances,
        terms: OpeningTerms,
        now: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._vault = vault
        self._paper = paper
        self._accounts = accounts
        self._balances = balances
        self._terms = terms
        self._now = now

    async def open(self, user_id: UUID, wanted: NewWallet, wallet_id: UUID) -> WalletView:
        """Open the wallet of that id, or find it where an earlier try has opened it."""
        self._check(wanted)
        async with self._database.tenant(user_id) as session:
            wallets = WalletRepository(session)
            exists = bool(await wallets.records(user_id, wallet_id))
            if not exists and await wallets.name_is_taken(user_id, wanted.name, wallet_id):
                raise name_taken(wanted.name)
            if not exists:
                await self._check_quota(session, user_id)
        if not exists:
            api_key, api_secret, identity = await self._account(wanted, wallet_id)
            known_as = fingerprint(wanted.venue, identity)
            await self._write(user_id, wanted, wallet_id, (api_key, api_secret), known_as)
        await self._read_balance(user_id, wallet_id)
        return await self._view(user_id, wallet_id)

    async def deposit(self, user_id: UUID, wallet_id: UUID, amount: Decimal, reference: UUID) -> WalletView:
        """Pay play money into a paper wallet, once per reference. The ledger is the venue's, read at once."""
        await self._check_paper(user_id, wallet_id)
        try:
            await self._paper.deposit(str(wallet_id), amount, str(reference))
        except VenueUnavailableError as error:
            raise _venue_away(PAPER) from error
        return await self._transferred(user_id, wallet_id, "deposited", amount)

    async def withdraw(self, user_id: UUID, wallet_id: UUID, amount: Decimal, reference: UUID) -> WalletView:
        """Take play money out of a paper wallet, once per reference: a flow, never a loss."""
        await self._check_paper(user_id, wallet_id)
        try:
            await self._paper.withdraw(str(wallet_id), amount, str(reference))
        except VenueUnavailableError as error:
            raise _venue_away(PAPER) from error
        except WithdrawalRefusedError as error:
            free = (await self._view(user_id, wallet_id)).free_margin
            refused = FieldError("amount", "withdrawal_refused", str(error), free, plain(amount))
            raise ConflictError(str(error), code="withdrawal_refused", errors=(refused,)) from error
        return await self._transferred(user_id, wallet_id, "withdrawn", amount)

    async def _check_paper(self, user_id: UUID, wallet_id: UUID) -> None:
        """Refuse to move money of anything but an active paper wallet."""
        async with self._database.tenant(user_id) as session:
            records = await WalletRepository(session).records(user_id, wallet_id)
        if not records:
            raise no_wallet(wallet_id)
        wallet = records[0].wallet
        if wallet.venue != PAPER:
            raise ConflictError(
                f"{wallet.name} is an account at {wallet.venue}: money is moved there.",
                code="not_a_paper_wallet",
            )
        if wallet.status != ACTIVE:
            raise ConflictError(f"{wallet.name} is archived.", code="wallet_archived")

    async def _transferred(self, user_id: UUID, wallet_id: UUID, action: str, amount: Decimal) -> WalletView:
        async with self._database.tenant(user_id) as session:
            details: dict[str, object] = {"wallet_id": str(wallet_id), "amount": f"{amount:f}"}
            await AuditRepository(session).append(user_id, action, details, self._now())
        await self._read_balance(user_id, wallet_id)
        return await self._view(user_id, wallet_id)

    def _check(self, wanted: NewWallet) -> None:
        """Refuse what is never opened, before anybody is asked."""
        if wanted.venue not in self._terms.venues:
            raise _refusal(
                "venue",
                "venue_not_allowed",
                f"{wanted.venue} is not on this deployment's list: {', '.join(self._terms.venues)}.",
            )
        is_paper = wanted.venue == PAPER
        if is_paper is not (wanted.environment is Environment.PAPER):
            offered = Environment.PAPER if is_paper else Environment.LIVE
            raise _refusal(
                "environment", "environment_not_offered", f"{wanted.venue} offers {offered} wallets only."
            )
        if is_paper and (wanted.api_key is not None or wanted.api_secret is not None):
            raise _refusal("api_key", "keys_not_wanted", "A paper wallet takes no keys.")
        if is_paper:
            return
        if wanted.initial_deposit is not None:
            raise _refusal(
                "initial_deposit", "deposit_not_possible", f"Money is paid in at {wanted.venue} itself."
            )
        for name, value in (("api_key", wanted.api_key), ("api_secret", wanted.api_secret)):
            if not value:
                raise _refusal(name, "keys_missing", f"{wanted.venue} needs an API key and its secret.")
        if not self._terms.live_allowed:
            raise ForbiddenError(
                "Live trading is not allowed on this deployment, so no live wallet can be opened.",
                code="live_not_allowed",
            )

    async def _account(self, wanted: NewWallet, wallet_id: UUID) -> tuple[str, str, str]:
        """The keys of the account and the venue's own id of it, after the venue agreed to what is wanted."""
        try:
            if wanted.venue == PAPER:
                keys = await self._paper.open_account(str(wallet_id))
                if wanted.initial_deposit is not None:
                    reference = f"{wallet_id}:initial"
                    await self._paper.deposit(str(wallet_id), wanted.initial_deposit, reference)
                return *keys, str(wallet_id)
            api_key, api_secret = wanted.api_key or "", wanted.api_secret or ""
            refusal = await self._accounts.refusal(wanted.venue, api_key, api_secret)
            identity = None
            if refusal is None:
                identity = await self._accounts.identity(wanted.venue, api_key, api_secret)
        except VenueUnavailableError as error:
            raise _venue_away(wanted.venue) from error
        if refusal is not None:
            raise ConflictError(f"This account cannot be used: {refusal}", code="account_refused")
        if identity is None:
            message = (
                f"{wanted.venue} does not tell which account this key belongs to: let it read the account."
            )
            raise ConflictError(message, code="account_unknown")
        return api_key, api_secret, identity

    async def _check_quota(self, session: DbSession, user_id: UUID) -> None:
        active = await AccountRepository(session).active_wallets(user_id)
        if active >= self._terms.most_wallets:
            raise ConflictError(
                f"You have {active} wallets; {self._terms.most_wallets} are allowed. Archive one first.",
                code="quota_exceeded",
            )

    async def _write(
        self, user_id: UUID, wanted: NewWallet, wallet_id: UUID, keys: tuple[str, str], known_as: str
    ) -> None:
        api_key, api_secret = keys
        sealed = self._vault.seal(user_id, wallet_id, api_key, api_secret)
        values: dict[str, object] = {
            "id": wallet_id,
            "name": wanted.name,
            "venue": wanted.venue,
            "environment": wanted.environment.value,
            "account_fingerprint": known_as,
            "key_last4": None if wanted.venue == PAPER else api_key[-4:],
            "api_key_ciphertext": sealed.api_key,
            "api_secret_ciphertext": sealed.api_secret,
            "data_key_wrapped": sealed.data_key,
            "key_version": sealed.version,
            "shard": shard_of(wallet_id, self._terms.shard_count),
        }
        async with self._database.tenant(user_id) as session:
            wallets = WalletRepository(session)
            await hold_quota(session, user_id, "wallets")
            if not await wallets.records(user_id, wallet_id):
                await self._check_quota(
                    session, user_id
                )  # others may have been opened while the venue answered
            if not await wallets.insert(user_id, values):
                if await wallets.records(user_id, wallet_id):
                    return  # the same request, tried twice at once
                if await wallets.name_is_taken(user_id, wanted.name, wallet_id):
                    raise name_taken(wanted.name)
                raise ConflictError(
                    f"This account at {wanted.venue} is connected already.", code="account_already_connected"
                )
            await RiskStateRepository(session).ensure(user_id, wanted.environment.value, wallet_id)
            await RiskSettingsRepository(session).ensure_wallet(user_id, wallet_id)
            details: dict[str, object] = {
                "wallet_id": str(wallet_id),
                "venue": wanted.venue,
                "environment": wanted.environment.value,
            }
            await AuditRepository(session).append(user_id, "wallet_opened", details, self._now())
            await UserEventRepository(session).announce(user_id, "wallet", str(wallet_id))

    async def _read_balance(self, user_id: UUID, wallet_id: UUID) -> None:
        """Show the balance at once; where the venue is away now, the executor reads it later."""
        async with self._database.tenant(user_id) as session:
            records = await WalletRepository(session).records(user_id, wallet_id)
        if not records:
            raise no_wallet(wallet_id)
        wallet = records[0].wallet
        account = TradingAccount(user_id, wallet_id, wallet.venue, wallet.environment, wallet.shard)
        try:
            async with asyncio.timeout(BALANCE_SECONDS):
                await self._balances.refresh(account)
        except (VenueUnavailableError, TimeoutError) as error:
            log.warning("a balance cannot be read yet", wallet_id=str(wallet_id), error=repr(error))

    async def _view(self, user_id: UUID, wallet_id: UUID) -> WalletView:
        async with self._database.tenant(user_id) as session:
            records = await WalletRepository(session).records(user_id, wallet_id)
        if not records:
            raise no_wallet(wallet_id)
        return wallet_view(records[0])


def fingerprint(venue: str, identity: str) -> str:
    """What an account is known by, whichever of its keys is used: connected once in the whole deployment."""
    return hashlib.sha256(f"{venue}|{identity}".encode()).hexdigest()


def shard_of(wallet_id: UUID, shard_count: int) -> int:
    """The wallet's shard, 0 to `shard_count` - 1, the same in every process and for ever."""
    return int.from_bytes(hashlib.sha256(wallet_id.bytes).digest()[:8]) % shard_count


def _refusal(name: str, code: str, message: str) -> InvalidInputError:
    return InvalidInputError(message, code=code, errors=(FieldError(name, code, message),))


def _venue_away(venue: str) -> UnavailableError:
    return UnavailableError(
        f"The venue {venue} does not answer. Try again with the same Idempotency-Key.",
        code="venue_unavailable",
        retry_after_seconds=5,
    )
