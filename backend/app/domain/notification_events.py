"""Everything that a person is told of: one table, read by the API, the settings page, the sender and the
specification.

An event's `title` and `sentence` name figures in braces; whoever emits the event hands them over as text,
already rounded and with their unit. A figure that was not handed over reads "unknown", never 0.
"""

import string
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

UNKNOWN: Final = "unknown"


class EventLevel(StrEnum):
    """How urgent, in rising order."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"
    CRITICAL = "critical"


LEVELS: Final = tuple(EventLevel)


class EventCategory(StrEnum):
    """What an event is about."""

    TRADE = "trade"
    RISK = "risk"
    ERROR = "error"
    SYSTEM = "system"
    SECURITY = "security"


class Channel(StrEnum):
    """By which way a person is told."""

    IN_APP = "in_app"
    TELEGRAM = "telegram"
    EMAIL = "email"
    SMS = "sms"


class NotificationEvent(StrEnum):
    """What happened."""

    TRADE_OPENED = "trade_opened"
    POSITION_ADDED = "position_added"
    TRADE_CLOSED = "trade_closed"
    LARGE_SLIPPAGE = "large_slippage"
    TRADING_PAUSED = "trading_paused"
    TRADING_RESUMED = "trading_resumed"
    BREAKER_TRIPPED = "breaker_tripped"
    BREAKER_RESUMED = "breaker_resumed"
    KILL_SWITCH_ENGAGED = "kill_switch_engaged"
    KILL_SWITCH_FINISHED = "kill_switch_finished"
    POSITION_HEALTH_DEGRADED = "position_health_degraded"
    POSITION_UNPROTECTED = "position_unprotected"
    POSITION_DRIFT = "position_drift"
    NEEDS_OPERATOR = "needs_operator"
    KEY_REFUSED = "key_refused"
    TRADING_HOURS_OPENED = "trading_hours_opened"
    TRADING_HOURS_CLOSED = "trading_hours_closed"
    FUNDING_UNKNOWN = "funding_unknown"
    NEW_SIGN_IN = "new_sign_in"
    SECURITY_CHANGED = "security_changed"
    UNUSUAL_ACTIVITY = "unusual_activity"
    DAILY_SUMMARY = "daily_summary"
    REPORT_READY = "report_ready"
    SYSTEM_DEGRADED = "system_degraded"
    SYSTEM_ERROR = "system_error"
    TEST_MESSAGE = "test_message"


@dataclass(frozen=True, slots=True)
class EventKind:
    """One event of the table. `channels` are those that are on until the user says otherwise; in-app always is."""

    event: NotificationEvent
    level: EventLevel
    category: EventCategory
    channels: frozenset[Channel]
    title: str
    sentence: str

    @property
    def figures(self) -> frozenset[str]:
        """The names in braces."""
        return _names(self.title) | _names(self.sentence)


_PUSHED = frozenset({Channel.IN_APP, Channel.TELEGRAM})
_MAILED = frozenset({Channel.IN_APP, Channel.EMAIL})
_LOUD = frozenset({Channel.IN_APP, Channel.TELEGRAM, Channel.EMAIL})
_EVERYWHERE = frozenset(Channel)

_E, _L, _C = NotificationEvent, EventLevel, EventCategory

EVENT_KINDS: Final = (
    EventKind(
        _E.TRADE_OPENED, _L.INFO, _C.TRADE, _PUSHED,
        "{symbol} {side} opened",
        "{wallet}: {side} {quantity} {symbol} opened at {entry_price}, stop {stop_price}, at risk {risk_amount}.",
    ),
    EventKind(
        _E.POSITION_ADDED, _L.INFO, _C.TRADE, _PUSHED,
        "Added to {symbol} {side}",
        "{wallet}: {added} {symbol} added at {price}, {why}. The {side} position is {quantity} at {entry_price} on"
        " average, stop {stop_price}.",
    ),
    EventKind(
        _E.TRADE_CLOSED, _L.INFO, _C.TRADE, _PUSHED,
        "{symbol} {side} closed: {net_pnl}",
        "{wallet}: {side} {symbol} closed at {exit_price} by {exit_reason}, net P&L {net_pnl}.",
    ),
    EventKind(
        _E.LARGE_SLIPPAGE, _L.WARNING, _C.TRADE, _PUSHED,
        "Large slippage on {symbol}",
        "{wallet}: {symbol} was filled {slippage_bps} bps worse than asked, the limit is {limit_bps} bps.",
    ),
    EventKind(
        _E.TRADING_PAUSED, _L.WARNING, _C.RISK, _LOUD,
        "Trading paused",
        "{scope}: no new entries. {reason} Stops and exits go on.",
    ),
    EventKind(
        _E.TRADING_RESUMED, _L.INFO, _C.RISK, _PUSHED,
        "Trading resumed",
        "{scope}: entries are allowed again. {reason}",
    ),
    EventKind(
        _E.BREAKER_TRIPPED, _L.ERROR, _C.RISK, _LOUD,
        "Circuit breaker tripped: {rule}",
        "{scope}: {reason} {consequence}",
    ),
    EventKind(
        _E.BREAKER_RESUMED, _L.INFO, _C.RISK, _PUSHED,
        "Circuit breaker reset: {rule}",
        "{scope}: {rule} no longer stops entries. {reason}",
    ),
    EventKind(
        _E.KILL_SWITCH_ENGAGED, _L.CRITICAL, _C.RISK, _EVERYWHERE,
        "Kill switch engaged",
        "{scope}: halted, {positions} positions are being closed. {reason}",
    ),
    EventKind(
        _E.KILL_SWITCH_FINISHED, _L.CRITICAL, _C.RISK, _EVERYWHERE,
        "Kill switch: {outcome}",
        "{scope}: {closed} positions closed, {remaining} remain. Trading stays halted until you resume it.",
    ),
    EventKind(
        _E.POSITION_HEALTH_DEGRADED, _L.WARNING, _C.TRADE, _PUSHED,
        "{symbol} position health: {band}",
        "{wallet}: the health of {side} {symbol} fell to {score} of 100. {reason}",
    ),
    EventKind(
        _E.POSITION_UNPROTECTED, _L.CRITICAL, _C.RISK, _EVERYWHERE,
        "{symbol} has no live stop",
        "{wallet}: {side} {quantity} {symbol} has been without a live stop for {seconds} s. {consequence}",
    ),
    EventKind(
        _E.POSITION_DRIFT, _L.ERROR, _C.ERROR, _LOUD,
        "{symbol} differs from the venue",
        "{wallet}: we hold {expected} {symbol} in our books, {venue} shows {found}. {consequence}",
    ),
    EventKind(
        _E.NEEDS_OPERATOR, _L.CRITICAL, _C.ERROR, _EVERYWHERE,
        "{symbol} needs you",
        "{wallet}: {reason} We do nothing more with {symbol} until it is settled at {venue}.",
    ),
    EventKind(
        _E.KEY_REFUSED, _L.CRITICAL, _C.ERROR, _EVERYWHERE,
        "{venue} refuses the key of {wallet}",
        "{wallet}: {venue} refuses its key ({why}). Trades of ours that live there: {positions}. Stops that "
        "are placed stay, and nothing can be opened, moved or closed by us until the key works.",
    ),
    EventKind(
        _E.TRADING_HOURS_OPENED, _L.INFO, _C.TRADE, _PUSHED,
        "Trading hours are open",
        "{scope}: entries are allowed until {until}.",
    ),
    EventKind(
        _E.TRADING_HOURS_CLOSED, _L.INFO, _C.TRADE, _PUSHED,
        "Trading hours are closed",
        "{scope}: no new entries until {until}. Stops and exits go on.",
    ),
    EventKind(
        _E.FUNDING_UNKNOWN, _L.WARNING, _C.TRADE, _PUSHED,
        "The funding of {symbol} is not known",
        "The next funding of {symbol} is not known: your {side} position is held over it.",
    ),
    EventKind(
        _E.NEW_SIGN_IN, _L.WARNING, _C.SECURITY, _MAILED,
        "Sign-in from a new place",
        "Somebody, you we hope, signed in with {device} from {address}. If not: end the session and set a new"
        " password.",
    ),
    EventKind(
        _E.SECURITY_CHANGED, _L.WARNING, _C.SECURITY, _MAILED,
        "Security of your account changed",
        "{change} If that was not you: end every session and set a new password.",
    ),
    EventKind(
        _E.UNUSUAL_ACTIVITY, _L.WARNING, _C.SECURITY, _LOUD,
        "Unusual activity: {wallet}",
        "{wallet} between {begins} and {ends}: {reasons}. Score {score} of 100. {consequence}",
    ),
    EventKind(
        _E.DAILY_SUMMARY, _L.INFO, _C.TRADE, _LOUD,
        "Your day: {net_pnl} net",
        "{environment} in the last 24 hours: {closed} trades closed, {winners} of them with a gain, {net_pnl} net"
        " of {fees} fees; {opened} opened, {refused} signals refused. {open} positions are open, equity {equity}.",
    ),
    EventKind(
        _E.REPORT_READY, _L.INFO, _C.TRADE, _MAILED,
        "Your report of {month}: {scope}",
        "{environment}, {scope}, {month}: {trades} trades closed, {net_pnl} net. An e-mail carries the report as PDF;"
        " the web app keeps it under Reports.",
    ),
    EventKind(
        _E.SYSTEM_DEGRADED, _L.ERROR, _C.SYSTEM, _LOUD,
        "{component} is {state}",
        "{component}: {gauge} is {value}, the limit is {limit}.",
    ),
    EventKind(
        _E.SYSTEM_ERROR, _L.CRITICAL, _C.SYSTEM, _LOUD,
        "{component} stopped without being asked to",
        "{component}, process {pid}, was last heard of at {heard_at} and not told to stop. {consequence}",
    ),
    EventKind(
        _E.TEST_MESSAGE, _L.INFO, _C.SYSTEM, frozenset(),
        "Test message",
        "This way works: you asked for a test message.",
    ),
)  # fmt: skip

KIND_OF: Final[Mapping[NotificationEvent, EventKind]] = {kind.event: kind for kind in EVENT_KINDS}


def written(event: NotificationEvent, figures: Mapping[str, str]) -> tuple[str, str]:
    """Title and sentence of an event with its figures filled in."""
    kind = KIND_OF[event]
    known = {name: figures.get(name, UNKNOWN) for name in kind.figures}
    return kind.title.format_map(known), kind.sentence.format_map(known)


def _names(template: str) -> frozenset[str]:
    return frozenset(name for _, name, _, _ in string.Formatter().parse(template) if name)
