"""What a user says to the bot: link a chat, see how things stand, pause, resume."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol
from uuid import UUID

import structlog

from app.core.db import Database
from app.core.errors import AppError
from app.core.metrics import loop_failed
from app.core.security import token_hash
from app.domain.notification_events import NotificationEvent
from app.domain.notification_rules import DeliveryError
from app.domain.types import TradingState
from app.repositories.notifications import NotificationOutbox
from app.repositories.telegram_links import SystemTelegramLinks
from app.repositories.user_events import UserEventRepository
from app.services.attempts import AttemptCounter, AttemptLimit, subject_of
from app.services.circuit_breaker import BreakerView
from app.services.position_views import PositionView

POLL_SECONDS: Final = 20
LEADER_SECONDS: Final = 5.0
RETRY_SECONDS: Final = 2.0
CONFIRM_WITHIN: Final = timedelta(minutes=2)
MOST_POSITIONS: Final = 20
LINK_BY_CHAT: Final = AttemptLimit("telegram-link/chat", 5, 600)
LINK_BY_ALL: Final = AttemptLimit("telegram-link/all", 200, 600)
PAUSE_REASON: Final = "Paused by Telegram."
HELP: Final = (
    "/status how trading stands\n/positions what is open\n/pause no new entries\n/resume allow entries again\n"
    "/unlink tell this chat nothing more"
)
KILL_HELP: Final = "\n/kill close everything and halt"
LINK_FIRST: Final = (
    "This chat is not linked to an account. Open Alerts in the web app, choose Link Telegram, and send the"
    " code it shows: /link 123456"
)
STATE_WORDS: Final = {
    TradingState.ACTIVE: "Auto-trading on",
    TradingState.REDUCE_ONLY: "Entries paused, exits still managed",
    TradingState.HALTED: "Halted",
}

log = structlog.get_logger(__name__)


class ChatMessage(Protocol):
    """Something that was said to the bot; `chat_id` 0 is nobody whom it answers."""

    @property
    def update_id(self) -> int: ...

    @property
    def chat_id(self) -> int: ...

    @property
    def chat_name(self) -> str: ...

    @property
    def text(self) -> str: ...


class Chats(Protocol):
    """The bot's chats. Both raise `DeliveryError`."""

    async def messages(self, after: int | None, wait_seconds: int) -> Sequence[ChatMessage]: ...

    async def reply(self, chat_id: int, text: str) -> None: ...


class Account(Protocol):
    """What a chat may see and do, in one transaction of its user."""

    async def status(self, user_id: UUID) -> BreakerView: ...

    async def positions(self, user_id: UUID) -> Sequence[PositionView]: ...

    async def pause(self, user_id: UUID, reason: str) -> None: ...

    async def resume(self, user_id: UUID) -> None: ...

    async def note(self, user_id: UUID, action: str, chat_name: str) -> None: ...


class KillSwitch(Protocol):
    """Closes everything of a user and halts. Returns a sentence of what was begun."""

    async def engage(self, user_id: UUID, reason: str) -> str: ...


@dataclass(frozen=True, slots=True)
class Asked:
    """A command that waits for its confirmation."""

    command: str
    code: str
    until: datetime


class TelegramCommands:
    """Answers the bot's chats. Only one process listens at a time, whoever holds the database's lock."""

    def __init__(
        self,
        system: Database,
        account: Callable[[UUID], AbstractAsyncContextManager[Account]],
        chats: Chats,
        attempts: AttemptCounter,
        now: Callable[[], datetime],
        kill_switch: KillSwitch | None = None,
    ) -> None:
        self._system = system
        self._account = account
        self._chats = chats
        self._attempts = attempts
        self._now = now
        self._kill_switch = kill_switch
        self._asked: dict[int, Asked] = {}
        self._after: int | None = None

    async def run(self) -> None:
        """Listen until cancelled."""
        while True:
            try:
                await self._listen()
            except DeliveryError as error:
                log.warning("the chats of the bot are not heard", reason=error.reason)
            except Exception:  # the edge of a worker's loop
                log.exception("listening to the bot's chats failed", failures=loop_failed("chats"))
            await asyncio.sleep(RETRY_SECONDS)

    async def _listen(self) -> None:
        while True:
            async with self._system.system() as session:
                if await SystemTelegramLinks(session).lead():
                    for message in await self._chats.messages(self._after, POLL_SECONDS):
                        await self.answer(message)
                        self._after = message.update_id
                    continue
            await asyncio.sleep(LEADER_SECONDS)

    async def answer(self, message: ChatMessage) -> None:
        """Do what one message asks for. A message that cannot be answered does not hold up the next."""
        if not message.chat_id or not message.text:
            return
        command, _, argument = message.text.strip().partition(" ")
        command = command.partition("@")[0].lower()
        try:
            text = await self._reply(message, command, argument.strip())
        except AppError as error:
            text = error.message
        except Exception:
            failures = loop_failed("chat command")
            log.exception("a command of a chat failed", command=command[:20], failures=failures)
            text = "That failed on our side: use the web app."
        try:
            await self._chats.reply(message.chat_id, text)
        except DeliveryError as error:
            log.warning("a chat could not be answered", reason=error.reason)

    async def _reply(self, message: ChatMessage, command: str, argument: str) -> str:
        if command in ("/start", "/link") and argument:
            return await self._link(message, argument)
        async with self._system.system() as session:
            user_id = await SystemTelegramLinks(session).user_of(message.chat_id)
        if user_id is None:
            return LINK_FIRST
        match command:
            case "/status":
                return await self._status(user_id)
            case "/positions":
                return await self._positions(user_id)
            case "/pause":
                async with self._account(user_id) as account:
                    await account.pause(user_id, PAUSE_REASON)
                return await self._status(user_id)
            case "/resume":
                return await self._confirmed(message, command, argument, lambda: self._resume(user_id))
            case "/kill" if self._kill_switch is not None:
                switch = self._kill_switch
                return await self._confirmed(
                    message, command, argument, lambda: switch.engage(user_id, "Kill switch by Telegram.")
                )
            case "/unlink":
                return await self._unlink(user_id)
            case _:
                return HELP + (KILL_HELP if self._kill_switch is not None else "")

    async def _link(self, message: ChatMessage, code: str) -> str:
        await self._attempts.count(LINK_BY_ALL, "all")
        await self._attempts.count(LINK_BY_CHAT, subject_of(str(message.chat_id)))
        async with self._system.system() as session:
            now = self._now()
            user_id = await SystemTelegramLinks(session).redeem(
                token_hash(code), message.chat_id, message.chat_name, now
            )
            if user_id is not None:
                await UserEventRepository(session).announce(user_id, "alerts", "telegram")
                await NotificationOutbox(session).emit(
                    user_id,
                    NotificationEvent.SECURITY_CHANGED,
                    dedupe_key=f"telegram_linked:{now.isoformat()}",
                    figures={
                        "change": f"The Telegram chat {message.chat_name} was linked: it may pause, resume and halt."
                    },
                    subject="telegram_linked",
                )
        if user_id is None:
            return "That code does not work: it is used up, or older than 10 minutes. Make a new one in the web app."
        async with self._account(user_id) as account:
            await account.note(user_id, "telegram_linked", message.chat_name)
        self._asked.pop(message.chat_id, None)
        return f"Linked. You are told here of what you chose under Alerts.\n\n{HELP}"

    async def _unlink(self, user_id: UUID) -> str:
        async with self._system.system() as session:
            await SystemTelegramLinks(session).unlink(user_id)
            await UserEventRepository(session).announce(user_id, "alerts", "telegram")
        return "Unlinked. This chat is told nothing more."

    async def _confirmed(
        self, message: ChatMessage, command: str, argument: str, act: Callable[[], Awaitable[str]]
    ) -> str:
        """Do it where the argument is the code that this chat was given for it; else give it one."""
        now = self._now()
        asked = self._asked.pop(message.chat_id, None)
        if (
            asked is not None
            and asked.command == command
            and asked.until > now
            and secrets.compare_digest(asked.code.encode(), argument.encode())
        ):
            return await act()
        code = f"{secrets.randbelow(10_000):04d}"
        self._asked[message.chat_id] = Asked(command, code, now + CONFIRM_WITHIN)
        return f"To confirm, send {command} {code} within 2 minutes. Nothing has been done yet."

    async def _resume(self, user_id: UUID) -> str:
        async with self._account(user_id) as account:
            await account.resume(user_id)
        return await self._status(user_id)

    async def _status(self, user_id: UUID) -> str:
        async with self._account(user_id) as account:
            view = await account.status(user_id)
            count = len(await account.positions(user_id))
        lines = [f"{STATE_WORDS[view.state]}." + (f" {view.reason}" if view.reason else "")]
        stopped = sum(wallet.state is not TradingState.ACTIVE for wallet in view.wallets)
        if view.state is TradingState.ACTIVE and stopped:
            lines.append(f"{stopped} of {len(view.wallets)} wallets open nothing new.")
        lines.append(f"{count} position{'' if count == 1 else 's'} open.")
        return "\n".join(lines)

    async def _positions(self, user_id: UUID) -> str:
        async with self._account(user_id) as account:
            open_ones = await account.positions(user_id)
        if not open_ones:
            return "No position is open."
        lines = [position_line(one) for one in open_ones[:MOST_POSITIONS]]
        if len(open_ones) > MOST_POSITIONS:
            lines.append(f"and {len(open_ones) - MOST_POSITIONS} more, in the web app.")
        return "\n\n".join(lines)


def position_line(view: PositionView) -> str:
    """A position in two lines, its amounts in quote currency."""
    pnl = "P&L unknown" if view.unrealized_pnl is None else f"P&L {view.unrealized_pnl}"
    in_r = "" if view.r_multiple is None else f" ({view.r_multiple} R)"
    stop = f"stop {view.stop_price}" + ("" if view.protected else " not yet at the venue")
    return (
        f"{view.environment.upper()} {view.wallet_name}: {view.symbol} {view.side} {view.quantity}\n"
        f"entry {view.entry_price or 'unknown'}, mark {view.mark_price or 'unknown'}, {stop}, {pnl}{in_r}"
    )
