"""How much of each limit is used now at each level, computed by the gate's own picture of the user."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final, Protocol
from uuid import UUID

from app.core.db import Database
from app.domain.breaker import EVERY_ENVIRONMENT, ScopeState
from app.domain.decimal_text import plain
from app.domain.exposure import fraction_of_equity
from app.domain.limit_use import Holdings, LimitUse, uses_of
from app.domain.limits import UserFacts
from app.domain.loss_windows import WindowLength, window_bounds, window_loss
from app.domain.risk_facts import ScopeFacts
from app.domain.types import RiskLevel, Side, TradingState
from app.repositories.breakers import BreakerRepository
from app.repositories.gate_rows import GateRows, UserRow, WalletRow
from app.repositories.risk_status import RiskStatusRepository
from app.services.breaker_views import BreakerView, breaker_view
from app.services.trading.holdings import Marked, Markets, asset_of, marked_pairs
from app.services.trading.risk_picture import Candidate, Correlations, RiskPicture
from app.services.trading.rulebook import Rulebook

_SHOWN: Final = Decimal("0.0001")
_NO_ORDER: Final = Candidate("", "", "", Side.LONG)
_WINDOWS: Final = {"day": WindowLength.DAY, "week": WindowLength.WEEK, "month": WindowLength.MONTH}


class MarketFacts(Protocol):
    """Prices and instruments of markets, and the market's clock."""

    async def marked(self, venue: str, symbol: str) -> Marked: ...

    def market_time(self, venue: str) -> datetime | None: ...


@dataclass(frozen=True, slots=True)
class LimitUseView:
    """A limit of one level and how much of it is used, in `unit` (percent 0-100, usd, count); None where not
    known or not set. A loss is positive. `tripped`: reached, for a loss until `resets_at`. `subject` is the
    wallet's id, the strategy or the symbol, None for the user. `note` says what is shown of a limit whose use depends
    on the order, or why there is none without one."""

    name: str
    label: str
    level: str
    subject: str | None
    used: str | None
    limit: str | None
    unit: str
    resets_at: datetime | None
    tripped: bool
    note: str | None


@dataclass(frozen=True, slots=True)
class AssetView:
    """Notional in one base asset over all wallets, open and reserved; percent of the user's equity."""

    asset: str
    notional: str | None
    percent: str | None


@dataclass(frozen=True, slots=True)
class EnvironmentRiskView:
    """One environment's risk. `as_of` is the oldest balance that it rests on, wall time; `market_time` the clock of
    its markets, None before their first price. `open_risk` is what would be lost if every stop filled."""

    environment: str
    trading_state: TradingState
    reason: str | None
    as_of: datetime | None
    market_time: datetime | None
    time_zone: str
    equity: str | None
    exposure_heat_percent: str | None
    open_risk_percent: str | None
    margin_percent: str | None
    open_risk: str | None
    open_positions: int
    pending_entries: int
    assets: list[AssetView]
    limits: list[LimitUseView]
    day_pnl: str | None


class RiskStatus:
    """Risk of one user at a time."""

    def __init__(
        self,
        database: Database,
        markets: MarketFacts,
        now: Callable[[], datetime],
        correlations: Correlations = lambda *_: None,
    ) -> None:
        self._database = database
        self._markets = markets
        self._now = now
        self._correlations = correlations

    async def status(self, user_id: UUID) -> list[EnvironmentRiskView]:
        """Every environment in which the user has a wallet; paper before live."""
        async with self._database.tenant(user_id) as session:
            facts = await RiskStatusRepository(session).facts(user_id, self._market_time)
            breakers = BreakerRepository(session)
            states = await breakers.states(user_id)
            paused = await breakers.is_paused_by_settings(user_id)
        return [
            await self._environment(
                environment, rows, _breaker_of(states, environment, self._now(), by_settings=paused)
            )
            for environment, rows in facts
            if any(_has_account(user) for user in rows.users)
        ]

    def _market_time(self, venues: Sequence[str]) -> datetime:
        return self._market_clock(venues) or self._now()

    def _market_clock(self, venues: Sequence[str]) -> datetime | None:
        times = [at for venue in venues if (at := self._markets.market_time(venue)) is not None]
        return max(times, default=None)

    async def _environment(
        self, environment: str, rows: GateRows, breaker: BreakerView
    ) -> EnvironmentRiskView:
        (held,) = rows.users
        pairs = marked_pairs([held], [row.symbol for row in held.external])
        markets: Markets = {pair: await self._markets.marked(*pair) for pair in pairs}
        market_time = self._market_time([wallet.venue for wallet in held.wallets])
        picture = RiskPicture(
            held,
            platform=rows.platform,
            markets=markets,
            now=self._now(),
            market_time=market_time,
            correlations=self._correlations,
        )
        user = picture.user_facts(held.wallets[0].id, _NO_ORDER)
        limits = picture.book(held.wallets[0].id).limits.of_user()
        use = {one.declared.name: one for one in uses_of(user, limits, Holdings())}
        return EnvironmentRiskView(
            environment=environment,
            trading_state=breaker.state,
            reason=breaker.reason,
            as_of=_oldest_balance(held),
            market_time=self._market_clock([wallet.venue for wallet in held.wallets]),
            time_zone=held.time_zone,
            equity=plain(user.equity),
            exposure_heat_percent=_shown(use["max_portfolio_heat"].used, 100),
            open_risk_percent=_shown(use["max_open_risk_percent"].used, 100),
            margin_percent=_shown(use["max_margin_utilisation_percent"].used, 100),
            open_risk=plain(_sum(user.open_risk, user.reserved_risk)),
            open_positions=user.open_positions or 0,
            pending_entries=user.pending_entries or 0,
            assets=_assets(picture, held, user),
            limits=list(_limit_views(picture, held, market_time)),
            day_pnl=_day_pnl(user),
        )


def _breaker_of(
    states: Sequence[ScopeState], environment: str, now: datetime, *, by_settings: bool
) -> BreakerView:
    """What the user may do in one environment: paper never stops live."""
    own = [held for held in states if held.environment in (EVERY_ENVIRONMENT, environment)]
    return breaker_view(own, [], now, by_settings=by_settings)


def _limit_views(picture: RiskPicture, user: UserRow, market_time: datetime) -> Iterator[LimitUseView]:
    """Every limit of the user's level, and those that a wallet, a strategy or a symbol has set."""
    first = user.wallets[0].id
    resets = {
        name: window_bounds(market_time, length, user.time_zone).end for name, length in _WINDOWS.items()
    }
    facts = picture.user_facts(first, _NO_ORDER)
    active = {
        wallet.id: picture.wallet_facts(wallet.id, _NO_ORDER) for wallet in user.wallets if _is_active(wallet)
    }
    held = Holdings([picture.user_facts(first, order) for order in _orders(user)], list(active.values()))
    for use in uses_of(facts, picture.book(first).limits.of_user(), held):
        yield _view(use, RiskLevel.USER, None, resets)
    for wallet_id, own in active.items():
        limits = picture.book(wallet_id).limits.of_wallet()
        in_it = Holdings([picture.wallet_facts(wallet_id, order) for order in _orders(user)], [own])
        uses = uses_of(own, limits, in_it)
        yield from (
            _view(use, RiskLevel.WALLET, str(wallet_id), resets) for use in uses if use.limit is not None
        )
    for row in user.scoped:
        level = RiskLevel(row.scope)
        key = row.scope_key
        strategy, symbol = (key, "") if level is RiskLevel.STRATEGY else ("", key)
        order = Candidate("", symbol, strategy, Side.LONG)
        book = picture.book(first, strategy, symbol)
        scope = picture.strategy_facts(order, book) if strategy else picture.symbol_facts(order, book)
        in_scope = Holdings(_in_scope(picture, user, book, level, key), list(active.values()))
        uses = uses_of(scope, book.limits.at(level), in_scope)
        yield from (_view(use, level, key, resets) for use in uses if use.limit is not None)


def _in_scope(
    picture: RiskPicture, user: UserRow, book: Rulebook, level: RiskLevel, key: str
) -> list[ScopeFacts]:
    """The scope's facts as they are for orders in it."""
    if level is RiskLevel.STRATEGY:
        return [picture.strategy_facts(one, book) for one in _orders(user) if one.strategy == key]
    return [picture.symbol_facts(one, book) for one in _orders(user) if one.symbol == key]


def _orders(user: UserRow) -> list[Candidate]:
    """An order in every strategy and symbol in which something is held or awaited, be it ours or not."""
    pairs = {(trade.strategy, trade.symbol) for trade in user.trades}
    pairs |= {("", row.symbol) for row in user.external}
    return [Candidate("", symbol, strategy, Side.LONG) for strategy, symbol in sorted(pairs)]


def _is_active(wallet: WalletRow) -> bool:
    return wallet.status == "active"


def _view(use: LimitUse, level: RiskLevel, subject: str | None, resets: dict[str, datetime]) -> LimitUseView:
    declared = use.declared
    return LimitUseView(
        name=declared.name,
        label=declared.label,
        level=level.value,
        subject=subject,
        used=_shown(use.used, declared.shown_factor),
        limit=_shown(use.limit, declared.shown_factor),
        unit=declared.unit.value,
        resets_at=None if declared.resets is None else resets[declared.resets.value],
        tripped=use.reached,
        note=use.note,
    )


def _assets(picture: RiskPicture, held: UserRow, user: UserFacts) -> list[AssetView]:
    """What is held of each asset, by its name."""
    symbols: dict[str, str] = {}
    for symbol in [trade.symbol for trade in held.trades] + [row.symbol for row in held.external]:
        symbols.setdefault(asset_of(symbol), symbol)
    views = []
    for asset, symbol in sorted(symbols.items()):
        notional = picture.user_facts(held.wallets[0].id, Candidate("", symbol, "", Side.LONG)).asset_notional
        share = None if notional is None else fraction_of_equity(notional, user.equity)
        views.append(AssetView(asset, plain(notional), _shown(share, 100)))
    return views


def _has_account(user: UserRow) -> bool:
    """Whether an active wallet is left, or an archived one whose losses may still count."""
    known = {state.wallet_id for state in user.states}
    return any(wallet.status == "active" or wallet.id in known for wallet in user.wallets)


def _day_pnl(user: UserFacts) -> str | None:
    if user.day is None or user.equity is None:
        return None
    return plain(-window_loss(user.day, user.equity).loss)


def _oldest_balance(held: UserRow) -> datetime | None:
    active = {wallet.id for wallet in held.wallets if wallet.status == "active"}
    times = [state.balance_as_of for state in held.states if state.wallet_id in active]
    known = [at for at in times if at is not None]
    return min(known) if known and len(known) == len(times) else None


def _shown(figure: Decimal | None, factor: int) -> str | None:
    return None if figure is None else plain((figure * factor).quantize(_SHOWN))


def _sum(*parts: Decimal | None) -> Decimal | None:
    known = [part for part in parts if part is not None]
    return sum(known, Decimal(0)) if len(known) == len(parts) else None
