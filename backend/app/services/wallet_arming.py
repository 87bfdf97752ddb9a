"""Arming a live wallet: its owner's typed consent, the limits in sight, and the key's rights read anew.

A live wallet opens nothing before. A key that can withdraw, or whose rights cannot be read, is refused; so is
every paper account: nothing about play money becomes real by a word. Disarming acts at once and asks nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from app.core.crypto import KeyVault
from app.core.db import Database, DbSession
from app.core.errors import ConflictError, FieldError, ForbiddenError, InvalidInputError, UnavailableError
from app.domain.decimal_text import plain
from app.domain.defaults import RiskSettingsValues
from app.domain.limit_table import BY_SETTING
from app.domain.types import Environment
from app.domain.venue import VenueUnavailableError
from app.models.wallet import Wallet
from app.repositories.audit import AuditRepository
from app.repositories.risk_settings import RiskSettingsRepository
from app.repositories.two_factor import TwoFactorRepository
from app.repositories.user_events import UserEventRepository
from app.repositories.wallet_keys import WalletKeyRepository
from app.repositories.wallets import ACTIVE, WalletRepository
from app.services.trading.rulebook import values_of
from app.services.wallet_opening import AccountCheck
from app.services.wallet_views import WalletView, wallet_view
from app.services.wallets import no_wallet

PHRASE: Final = "TRADE REAL MONEY"


@dataclass(frozen=True, slots=True)
class ArmedLimit:
    """A limit as it binds this wallet, in the table's unit; None: there is none of the user's own."""

    name: str
    value: str | None


@dataclass(frozen=True, slots=True)
class ArmingView:
    """What arming would mean: the phrase to type, and every limit that will bind."""

    wallet_id: UUID
    wallet_name: str
    armed_at: datetime | None
    phrase: str
    limits: list[ArmedLimit]


class WalletArming:
    """Arms wallets of one user at a time. It opens its own transactions, around the call to the venue."""

    def __init__(
        self, database: Database, vault: KeyVault, accounts: AccountCheck, now: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._vault = vault
        self._accounts = accounts
        self._now = now

    async def preview(self, user_id: UUID, wallet_id: UUID) -> ArmingView:
        """What would be armed, with the limits that will bind it."""
        async with self._database.tenant(user_id) as session:
            wallet = await self._wallet(WalletRepository(session), user_id, wallet_id)
            settings = RiskSettingsRepository(session)
            await settings.ensure(user_id)
            own = values_of(await settings.one(user_id))
            held = await settings.of_wallet(user_id, wallet_id)
            wallets = RiskSettingsValues() if held is None else values_of(held)
        limits = [
            ArmedLimit(field.name, _text(_strictest(field.name, own, wallets)))
            for field in fields(RiskSettingsValues)
            if field.name in BY_SETTING
        ]
        return ArmingView(wallet_id, wallet.name, wallet.live_armed_at, PHRASE, limits)

    async def arm(self, user_id: UUID, wallet_id: UUID, consent: str) -> WalletView:
        """Let the wallet trade real money from now on."""
        async with self._database.tenant(user_id) as session:
            wallet = await self._wallet(WalletRepository(session), user_id, wallet_id)
            sealed = await WalletKeyRepository(session).sealed(user_id, wallet_id)
            factor = await TwoFactorRepository(session).one(user_id)
        if consent.strip() != PHRASE:
            message = f'Type "{PHRASE}" to let {wallet.name} trade real money.'
            error = FieldError("consent", "consent_required", message, PHRASE)
            raise InvalidInputError(message, code="consent_required", errors=(error,))
        if factor is None or factor.confirmed_at is None:
            raise ForbiddenError(
                "Switch two-factor sign-in on first: real money is guarded by more than a password.",
                code="two_factor_needed",
            )
        if sealed is None:
            raise ConflictError(f"{wallet.name} has no keys.", code="keys_missing")
        await self._check_rights(wallet.venue, *self._vault.open(user_id, wallet_id, sealed))
        now = self._now()
        async with self._database.tenant(user_id) as session:
            wallets = WalletRepository(session)
            locked = await wallets.lock(user_id, wallet_id)
            if locked is None or locked.status != ACTIVE:
                raise no_wallet(wallet_id)
            if locked.live_armed_at is None:
                await wallets.change(user_id, wallet_id, {"live_armed_at": now})
                await self._record(session, user_id, wallet_id, "live_armed", now)
            return wallet_view((await wallets.records(user_id, wallet_id))[0])

    async def disarm(self, user_id: UUID, wallet_id: UUID) -> WalletView:
        """Let the wallet open nothing more; what is open goes on being protected and left."""
        now = self._now()
        async with self._database.tenant(user_id) as session:
            wallets = WalletRepository(session)
            locked = await wallets.lock(user_id, wallet_id)
            if locked is None:
                raise no_wallet(wallet_id)
            if locked.live_armed_at is not None:
                await wallets.change(user_id, wallet_id, {"live_armed_at": None})
                await self._record(session, user_id, wallet_id, "live_disarmed", now)
            return wallet_view((await wallets.records(user_id, wallet_id))[0])

    async def _check_rights(self, venue: str, api_key: str, api_secret: str) -> None:
        try:
            refusal = await self._accounts.refusal(venue, api_key, api_secret)
        except VenueUnavailableError as error:
            raise UnavailableError(
                f"{venue} does not tell what this key may do, so it is not armed. Try again.",
                code="rights_unknown",
                retry_after_seconds=5,
            ) from error
        if refusal is not None:
            raise ConflictError(f"This account is not armed: {refusal}", code="account_refused")

    async def _wallet(self, wallets: WalletRepository, user_id: UUID, wallet_id: UUID) -> Wallet:
        """The active live wallet of that id; a paper account is refused."""
        records = await wallets.records(user_id, wallet_id)
        if not records:
            raise no_wallet(wallet_id)
        wallet = records[0].wallet
        if wallet.environment != Environment.LIVE:
            raise ConflictError(
                f"{wallet.name} is a paper account: it never trades real money.", code="demo_account"
            )
        if wallet.status != ACTIVE:
            raise ConflictError(f"{wallet.name} is archived.", code="wallet_archived")
        return wallet

    async def _record(
        self, session: DbSession, user_id: UUID, wallet_id: UUID, action: str, now: datetime
    ) -> None:
        await AuditRepository(session).append(user_id, action, {"wallet_id": str(wallet_id)}, now)
        await UserEventRepository(session).announce(user_id, "wallet", str(wallet_id))


def _strictest(name: str, own: RiskSettingsValues, wallets: RiskSettingsValues) -> object:
    """The value that binds: the stricter of the two, None where neither has an opinion."""
    held = [value for value in (getattr(own, name), getattr(wallets, name)) if value is not None]
    if not held:
        return None
    return max(held) if BY_SETTING[name].larger_is_stricter else min(held)


def _text(value: object) -> str | None:
    if value is None:
        return None
    return plain(value) if isinstance(value, Decimal) else str(value)
