"""Reads, as one tenant, the rows that its screens show, and writes them as JSON once."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

import msgspec

from app.core.db import Database
from app.repositories.breakers import BreakerRepository
from app.repositories.decisions import DecisionRecord, DecisionRepository
from app.repositories.journal import JournalRepository
from app.repositories.kill_switch import KillSwitchRepository
from app.repositories.notification_feed import NotificationFeedRepository
from app.repositories.positions import PositionRepository, TradeRecord
from app.repositories.sessions import SessionRepository
from app.repositories.signals import SignalRecord, SystemSignalRepository
from app.services.breaker_views import BreakerView, breaker_view
from app.services.journal import decision_view, execution_view, signal_view
from app.services.notification_views import UnreadView, notification_view
from app.services.position_views import PositionView, position_view, trade_view
from app.services.positions import Prices

READS_AT_ONCE = 4
FILLED = "filled"
EXECUTED = "trade_executed"
NO_TIME = b"null"


class WalletRow(Protocol):
    """A wallet as shown; everything else about it is written by `WalletRows.encode`."""

    @property
    def id(self) -> UUID: ...


class WalletRows(Protocol):
    """The wallets of a user as the API shows them."""

    async def rows(self, user_id: UUID) -> Sequence[WalletRow]: ...

    def encode(self, row: WalletRow) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Change:
    """Something of a user that changed: position, trade, wallet, breaker, execution, decision,
    notification, alerts or session."""

    kind: str
    id: str


@dataclass(frozen=True, slots=True)
class LiveRow:
    """One row to be shown: its topic, its key within the topic, and its JSON; None where no screen shows it.

    `event` is the name under which other programs hear of it; None where it is no event.
    """

    topic: str | None
    key: str
    json: bytes
    event: str | None = None


@dataclass(frozen=True, slots=True)
class UserRows:
    """What a screen shows at first. `venues` are those of the wallets, in the wallets' order."""

    positions: list[TradeRecord]
    breaker: BreakerView
    wallets: bytes
    venues: tuple[str, ...]
    alerts: UnreadView


@dataclass(slots=True)
class ChangedRows:
    """Rows after a change; `live` are the positions among them, `ended` the ids of those that are over."""

    rows: list[LiveRow] = field(default_factory=list)
    live: list[TradeRecord] = field(default_factory=list)
    ended: list[UUID] = field(default_factory=list)


class LiveRows:
    """Rows of one tenant at a time; few reads at once, so that screens cannot starve the API."""

    def __init__(
        self, database: Database, prices: Prices, wallets: WalletRows, now: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._prices = prices
        self._wallets = wallets
        self._now = now
        self._reads = asyncio.Semaphore(READS_AT_ONCE)

    async def everything(self, user_id: UUID) -> UserRows:
        """Positions, wallets and trading state as they stand."""
        async with self._reads:
            async with self._database.tenant(user_id) as session:
                positions = await PositionRepository(session).live(user_id)
                unread = await NotificationFeedRepository(session).unread(user_id)
                breaker, wallets = await self._breaker(
                    BreakerRepository(session), KillSwitchRepository(session), user_id
                )
            rows = await self._wallets.rows(user_id)
        encoded = b"[%b]" % b",".join(self._wallets.encode(row) for row in rows)
        return UserRows(
            positions,
            breaker,
            encoded,
            tuple(dict.fromkeys(venue for _, venue in wallets)),
            UnreadView(unread),
        )

    async def changed(
        self, user_id: UUID, changes: Iterable[Change], *, with_signals: bool = False
    ) -> ChangedRows:
        """The rows that these changes are about, as they stand now; another tenant's ids yield nothing.

        With signals, also those that the gate answered to, for programs that want to hear of them.
        """
        held = list(changes)
        trades = _ids(held, "position") | _ids(held, "trade")
        logs, decisions = _ids(held, "execution"), _ids(held, "decision")
        found = ChangedRows()
        async with self._reads:
            async with self._database.tenant(user_id) as session:
                if trades:
                    for trade in await PositionRepository(session).some(user_id, list(trades)):
                        self._add_trade(found, trade)
                if logs:
                    for line in await JournalRepository(session).some_logs(user_id, list(logs)):
                        event = EXECUTED if line.status == FILLED else None
                        row = encode(execution_view(line))
                        found.rows.append(LiveRow("execution", str(line.id), row, event))
                if decisions:
                    answered = await DecisionRepository(session).some(user_id, list(decisions))
                    if with_signals:
                        met = [decision.signal_id for decision in answered]
                        found.rows += signal_rows(await SystemSignalRepository(session).some(met))
                    found.rows += map(decision_row, answered)
                if any(change.kind == "breaker" for change in held):
                    breaker, _ = await self._breaker(
                        BreakerRepository(session), KillSwitchRepository(session), user_id
                    )
                    found.rows.append(LiveRow("breaker", "", encode(breaker), "breaker_changed"))
                await self._add_notifications(found, NotificationFeedRepository(session), user_id, held)
            wallet_ids = _ids(held, "wallet")
            if wallet_ids:
                for wallet in await self._wallets.rows(user_id):
                    if wallet.id in wallet_ids:
                        found.rows.append(
                            LiveRow("wallet", str(wallet.id), self._wallets.encode(wallet), "wallet_changed")
                        )
        return found

    async def _add_notifications(
        self, found: ChangedRows, feed: NotificationFeedRepository, user_id: UUID, held: Sequence[Change]
    ) -> None:
        """Those that changed, and with them how many are unread."""
        if not any(change.kind in ("notification", "alerts") for change in held):
            return
        for told in await feed.some(user_id, list(_ids(held, "notification"))):
            row = encode(notification_view(told))
            found.rows.append(LiveRow("notification", str(told.row.id), row, "notification"))
        found.rows.append(LiveRow("alerts", "", encode(UnreadView(await feed.unread(user_id)))))

    async def standing(self, user_id: UUID, session_ids: Iterable[UUID]) -> set[UUID]:
        """Which of these sessions of the user still stand."""
        now = self._now()
        async with self._reads, self._database.tenant(user_id) as session:
            sessions = SessionRepository(session)
            return {held for held in session_ids if await sessions.signed_in(user_id, held, now) is not None}

    def position(self, trade: TradeRecord) -> PositionView:
        """The position at the newest price."""
        return position_view(trade, self._prices.quote(trade.venue, trade.symbol))

    def _add_trade(self, found: ChangedRows, trade: TradeRecord) -> None:
        key = str(trade.id)
        if trade.is_live:
            found.live.append(trade)
            found.rows.append(LiveRow("position", key, encode(self.position(trade)), "position_changed"))
            return
        found.ended.append(trade.id)
        found.rows.append(
            LiveRow("position", key, encode({"id": trade.id, "closed": True}), "position_closed")
        )
        quote = self._prices.quote(trade.venue, trade.symbol)
        found.rows.append(LiveRow("trade", key, encode(trade_view(trade, quote)), "trade_closed"))

    async def _breaker(
        self, breakers: BreakerRepository, runs: KillSwitchRepository, user_id: UUID
    ) -> tuple[BreakerView, list[tuple[UUID, str]]]:
        wallets = await breakers.active_wallets(user_id)
        states = await breakers.states(user_id)
        paused = await breakers.is_paused_by_settings(user_id)
        run = await runs.latest(user_id)
        return breaker_view(states, wallets, self._now(), by_settings=paused, run=run), wallets


def decision_row(decision: DecisionRecord) -> LiveRow:
    """What the gate answered; a refusal is an event."""
    view = decision_view(decision)
    return LiveRow("decision", str(decision.id), encode(view), None if view.approved else "risk_violation")


def signal_rows(signals: Iterable[SignalRecord]) -> list[LiveRow]:
    """Signals, which are events and on no screen."""
    return [LiveRow(None, str(signal.id), encode(signal_view(signal)), "ai_signal") for signal in signals]


def encode(view: object) -> bytes:
    """The JSON of a view."""
    return msgspec.json.encode(view)


def encode_time(at: datetime | None) -> bytes:
    """The JSON of a time; null where there is none."""
    return NO_TIME if at is None else msgspec.json.encode(at)


def _ids(changes: Iterable[Change], kind: str) -> set[UUID]:
    """The ids among changes of a kind; a text that is no id is left out."""
    found: set[UUID] = set()
    for change in changes:
        if change.kind == kind:
            try:
                found.add(UUID(change.id))
            except ValueError:
                continue
    return found
