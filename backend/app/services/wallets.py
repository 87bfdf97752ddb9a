"""Wallets that exist: seen, renamed, archived, switched to trade automatically and back."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final, Protocol
from uuid import UUID

from app.core.errors import ConflictError, FieldError, InvalidInputError, NotFoundError, UnavailableError
from app.domain.drawdown import peak_after_flow
from app.domain.signals.registry import STRATEGIES
from app.domain.symbols import SymbolError, normalise_symbol
from app.domain.types import Instrument
from app.domain.venue import VenueUnavailableError
from app.models.risk_state import RiskState
from app.models.wallet import Wallet
from app.repositories.accounts import AccountRepository
from app.repositories.audit import AuditRepository
from app.repositories.risk_state import RiskStateRepository
from app.repositories.user_events import UserEventRepository
from app.repositories.wallets import ACTIVE, WalletRepository
from app.services.trading.risk_settings import Changes, RiskSettingsDesk
from app.services.wallet_views import WalletView, wallet_view

ARCHIVED: Final = "archived"


class Instruments(Protocol):
    """What a venue trades; raises VenueUnavailableError where it does not say."""

    async def instruments(self, venue: str) -> Sequence[Instrument]: ...


@dataclass(frozen=True, slots=True)
class Followed:
    """Markets and bar lengths that the platform follows; no signal comes from any other. A user may trade at most
    `most_subscriptions` of their combinations with strategies."""

    symbols: tuple[str, ...]
    timeframes: tuple[str, ...]
    most_subscriptions: int


@dataclass(frozen=True, slots=True)
class AutoTradeWishes:
    """What a wallet shall trade. None leaves a list as it is, or, where it is empty, takes everything."""

    strategies: Sequence[str] | None
    symbols: Sequence[str] | None
    timeframes: Sequence[str] | None
    overrides: Changes


class Wallets:
    """Wallets of one user at a time, in the caller's transaction."""

    def __init__(
        self,
        wallets: WalletRepository,
        accounts: AccountRepository,
        states: RiskStateRepository,
        settings: RiskSettingsDesk,
        audit: AuditRepository,
        events: UserEventRepository,
        instruments: Instruments,
        followed: Followed,
        now: Callable[[], datetime],
    ) -> None:
        self._wallets = wallets
        self._accounts = accounts
        self._states = states
        self._settings = settings
        self._audit = audit
        self._events = events
        self._instruments = instruments
        self._followed = followed
        self._now = now

    async def list_all(self, user_id: UUID) -> list[WalletView]:
        """Every wallet, archived ones last."""
        return [wallet_view(record) for record in await self._wallets.records(user_id)]

    async def one(self, user_id: UUID, wallet_id: UUID) -> WalletView:
        """One wallet."""
        records = await self._wallets.records(user_id, wallet_id)
        if not records:
            raise no_wallet(wallet_id)
        return wallet_view(records[0])

    async def rename(self, user_id: UUID, wallet_id: UUID, name: str) -> WalletView:
        """Give a wallet another name."""
        wallet = await self._active(user_id, wallet_id)
        if wallet.name != name:
            if await self._wallets.name_is_taken(user_id, name, wallet_id):
                raise name_taken(name)
            details: dict[str, object] = {"wallet_id": str(wallet_id), "name": [wallet.name, name]}
            await self._change(user_id, wallet_id, {"name": name}, "wallet_renamed", details)
        return await self.one(user_id, wallet_id)

    async def archive(self, user_id: UUID, wallet_id: UUID) -> WalletView:
        """Put a wallet away; its equity leaves the user's sums and peak like a withdrawal. Refused while one of
        its trades is not over."""
        view = await self.one(user_id, wallet_id)
        # The gate takes these rows before it makes a trade, so that none begins beside us.
        states = await self._states.lock(user_id, view.environment)
        wallet = await self._wallets.lock(user_id, wallet_id)
        if wallet is None:
            raise no_wallet(wallet_id)
        if wallet.status == ACTIVE:
            count = await self._wallets.live_trades(user_id, wallet_id)
            if count:
                raise ConflictError(
                    f"{wallet.name} still has {count} open trade{'' if count == 1 else 's'}: close first.",
                    code="wallet_has_open_positions",
                )
            values = {
                "status": ARCHIVED,
                "archived_at": self._now(),
                "auto_trade_enabled": False,
                "live_armed_at": None,
            }
            await self._take_out(user_id, view, states)
            await self._change(user_id, wallet_id, values, "wallet_archived", {"wallet_id": str(wallet_id)})
        return await self.one(user_id, wallet_id)

    async def _take_out(self, user_id: UUID, view: WalletView, states: Sequence[RiskState]) -> None:
        """Move the user's sums and peak by the equity of a wallet that is archived now, so that the drawdown stays
        what it was; nothing where that equity was never known. The rows are locked."""
        user = next((state for state in states if state.wallet_id is None), None)
        own = next((state for state in states if state.wallet_id == view.id), None)
        if user is None or own is None or own.equity is None:
            return
        gone = await self._states.archived(user_id, view.environment)
        left = [
            state
            for state in states
            if state.wallet_id not in (None, view.id) and state.wallet_id not in gone
        ]
        values: dict[str, object] = {
            name: sum((getattr(state, name) or Decimal(0) for state in left), Decimal(0))
            for name in ("balance", "equity", "free_margin")
        }
        if user.peak_equity is not None:
            before = sum((state.equity or Decimal(0) for state in left), own.equity)
            values["peak_equity"] = peak_after_flow(user.peak_equity, before, -own.equity)
        await self._states.write(user_id, user, values)

    async def enable_auto_trade(self, user_id: UUID, wallet_id: UUID, wishes: AutoTradeWishes) -> WalletView:
        """Let a wallet trade signals by itself, within its overrides and its user's settings."""
        view = await self.one(user_id, wallet_id)
        symbols = await self._symbols(view.venue, wishes.symbols or view.subscriptions.symbols or None)
        strategies = _chosen("strategies", wishes.strategies, view.subscriptions.strategies, STRATEGIES)
        timeframes = _chosen(
            "timeframes", wishes.timeframes, view.subscriptions.timeframes, self._followed.timeframes
        )
        if wishes.symbols is not None and not wishes.symbols:
            raise _none_chosen("symbols")
        await self._check_quota(user_id, wallet_id, len(strategies) * len(symbols) * len(timeframes))
        await self._settings.change_wallet(user_id, wallet_id, wishes.overrides)
        wallet = await self._active(user_id, wallet_id)
        values: dict[str, object] = {
            "auto_trade_enabled": True,
            "strategies": strategies,
            "symbols": symbols,
            "timeframes": timeframes,
        }
        if any(getattr(wallet, name) != value for name, value in values.items()):
            details = values | {"wallet_id": str(wallet_id)}
            await self._change(user_id, wallet_id, values, "auto_trade_enabled", details)
        return await self.one(user_id, wallet_id)

    async def disable_auto_trade(self, user_id: UUID, wallet_id: UUID) -> WalletView:
        """Let a wallet open nothing more by itself; what is open goes on being protected and left."""
        wallet = await self._wallets.lock(user_id, wallet_id)
        if wallet is None:
            raise no_wallet(wallet_id)
        if wallet.auto_trade_enabled:
            details: dict[str, object] = {"wallet_id": str(wallet_id)}
            await self._change(
                user_id, wallet_id, {"auto_trade_enabled": False}, "auto_trade_disabled", details
            )
        return await self.one(user_id, wallet_id)

    async def _check_quota(self, user_id: UUID, wallet_id: UUID, wanted: int) -> None:
        """Refuse more subscriptions than a user may have over all wallets."""
        await self._accounts.hold_subscriptions(user_id)
        others = await self._accounts.subscriptions(user_id, except_for=wallet_id)
        if others + wanted > self._followed.most_subscriptions:
            message = (
                f"This wallet would trade {wanted} combinations of strategy, symbol and timeframe beside {others}"
                f" of your other wallets; {self._followed.most_subscriptions} are allowed."
            )
            limit, value = str(self._followed.most_subscriptions), str(others + wanted)
            error = FieldError("strategies", "quota_exceeded", message, limit, value)
            raise ConflictError(message, code="quota_exceeded", errors=(error,))

    async def _active(self, user_id: UUID, wallet_id: UUID) -> Wallet:
        wallet = await self._wallets.lock(user_id, wallet_id)
        if wallet is None:
            raise no_wallet(wallet_id)
        if wallet.status != ACTIVE:
            raise ConflictError(f"{wallet.name} is archived.", code="wallet_archived")
        return wallet

    async def _change(
        self,
        user_id: UUID,
        wallet_id: UUID,
        values: dict[str, object],
        action: str,
        details: dict[str, object],
    ) -> None:
        await self._wallets.change(user_id, wallet_id, values)
        await self._audit.append(user_id, action, details, self._now())
        await self._events.announce(user_id, "wallet", str(wallet_id))

    async def _symbols(self, venue: str, wanted: Sequence[str] | None) -> list[str]:
        """The wanted markets in the platform's words, or all that are followed; an unknown one is refused."""
        try:
            offered = {held.symbol for held in await self._instruments.instruments(venue)}
        except VenueUnavailableError as error:
            raise UnavailableError(f"The venue {venue} does not answer.", code="venue_unavailable") from error
        known = [symbol for symbol in self._followed.symbols if symbol in offered]
        if wanted is None:
            return known
        chosen: dict[str, None] = {}
        for place, name in enumerate(wanted):
            try:
                symbol, reason = (
                    normalise_symbol(name),
                    f"{venue} has no market {name} that is followed here.",
                )
            except SymbolError as error:
                symbol, reason = "", error.reason
            if symbol not in known:
                raise _unknown("symbols", "unknown_symbol", f"symbols.{place}", reason)
            chosen[symbol] = None
        return list(chosen)


def _chosen(name: str, wanted: Sequence[str] | None, held: Sequence[str], known: Iterable[str]) -> list[str]:
    """The wanted of the known ones in their order; what the wallet has, or everything, where none is named."""
    offered = [str(one) for one in known]
    if wanted is None:
        return list(held) or offered
    if not wanted:
        raise _none_chosen(name)
    for place, one in enumerate(wanted):
        if one not in offered:
            reason = f"{one} is not one of: {', '.join(offered)}."
            raise _unknown(name, f"unknown_{_SINGULAR[name]}", f"{name}.{place}", reason)
    return [one for one in offered if one in wanted]


_SINGULAR: Final = {"strategies": "strategy", "timeframes": "timeframe"}


def _unknown(_name: str, code: str, field: str, reason: str) -> InvalidInputError:
    return InvalidInputError(reason, code=code, errors=(FieldError(field, code, reason),))


def _none_chosen(name: str) -> InvalidInputError:
    message = f"Choose at least one of the {name}."
    return InvalidInputError(message, code="none_chosen", errors=(FieldError(name, "none_chosen", message),))


def no_wallet(wallet_id: UUID) -> NotFoundError:
    """No such wallet, or another's."""
    return NotFoundError(f"There is no wallet {wallet_id}.")


def name_taken(name: str) -> ConflictError:
    """Another active wallet has the name."""
    message = f"You have a wallet named {name} already."
    error = FieldError("name", "wallet_name_taken", message)
    return ConflictError(message, code="wallet_name_taken", errors=(error,))
