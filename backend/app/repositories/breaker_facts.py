# ruff: noqa: S608 - the statements are built of our own columns; every value is a parameter
"""What the automatic breakers decide on, over every tenant at once.

The database picks out, in one statement, who is near a limit (99 % of it, or latched before); the exact decision is
made again on those few rows. No wallet is loaded by itself. What a wallet is worth whose venue tells
no market time is not known: left out of its user's sums it would look like a loss of all of it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import DateTime, Numeric, String

from app.domain.loss_windows import LEAST, WindowLength
from app.models.trade import LIVE

WATCH_LOCK_KEY = 7_245_912
LENGTHS = ("day", "week", "month")
_PERCENTS = {"day": "daily", "week": "weekly", "month": "monthly"}
LIMIT_COLUMNS = (
    *(f"max_{_PERCENTS[length]}_loss_{unit}" for length in LENGTHS for unit in ("usd", "percent")),
    "max_drawdown_percent",
    "max_consecutive_losses",
)
_LIVE = f"t.{LIVE}"


def _goes_on(length: str, clock: str) -> str:
    """Whether the window of that length that a row has begun is the present one (`loss_windows.is_over`)."""
    least = f"interval '{LEAST[WindowLength(length)] // timedelta(hours=1)} hours'"
    start = f"date_trunc('{length}', {clock}.market_time, {clock}.time_zone)"
    return f"(s.{length}_start > {start} - {least} AND s.{length}_start <= {clock}.market_time)"


def _in_window(length: str) -> str:
    """A wallet's window of that length, NULL where it has not begun at this market time."""
    begun = _goes_on(length, "v")
    return ", ".join(
        (
            f"CASE WHEN {begun} THEN s.{length}_start_equity END AS {length}_equity",
            f"CASE WHEN {begun} THEN greatest(s.{length}_flows, 0) END AS {length}_in",
            f"CASE WHEN {begun} THEN greatest(-s.{length}_flows, 0) END AS {length}_out",
            f"{begun} AND s.{length}_tripped_at IS NOT NULL AS {length}_tripped",
        )
    )


def _summed(length: str) -> str:
    """A user's window: the sum over the active wallets, NULL where one has not begun; what an archived wallet
    lost earlier in it is added to the start."""
    known = f"CASE WHEN bool_and({length}_equity IS NOT NULL) FILTER (WHERE active) THEN"
    lost = (
        f"coalesce(sum({length}_equity + {length}_in - {length}_out - equity) FILTER (WHERE NOT active), 0)"
    )
    return ", ".join(
        (
            f"{known} sum({length}_equity) FILTER (WHERE active) + {lost} END AS {length}_equity",
            f"sum({length}_in) FILTER (WHERE active) AS {length}_in",
            f"sum({length}_out) FILTER (WHERE active) AS {length}_out",
        )
    )


def _near(length: str, place: int) -> str:
    usd, percent = (f"least(own[{place + k}], (CAST(:platform AS numeric[]))[{place + k}])" for k in (1, 2))
    loss = f"{length}_equity + {length}_in - {length}_out - equity"
    base = f"greatest({length}_equity - {length}_out, 0)"
    return f"({length}_tripped OR {loss} >= 0.99 * least({usd}, {base} * {percent} / 100))"


_FIELDS = ", ".join(f"{length}_{part}" for length in LENGTHS for part in ("equity", "in", "out", "tripped"))
_OWN = "ARRAY[" + ", ".join(f"l.{name}::numeric" for name in LIMIT_COLUMNS) + "]"
# An archived wallet's venue may keep no time for us any more: its windows go by the user's other venues.
_LOSSES = f"""
WITH marks AS (
    SELECT * FROM unnest(:venues, :symbols, :marks, :contracts) AS m(venue, symbol, mark, contract)
), times AS (
    SELECT * FROM unnest(:time_venues, :times) AS v(venue, market_time)
), open AS (
    SELECT t.user_id, t.wallet_id, bool_or(m.mark IS NULL OR t.entry_price IS NULL) AS unknown,
           sum(CASE t.side WHEN 'long' THEN 1 ELSE -1 END * (m.mark - t.entry_price) * t.quantity * m.contract)
               AS gain
    FROM trades t LEFT JOIN marks m ON m.venue = t.venue AND m.symbol = t.symbol
    WHERE {_LIVE} AND t.quantity > 0 GROUP BY 1, 2
), clocks AS (
    SELECT s.id, w.status = 'active' AS active, u.time_zone, CASE WHEN w.status = 'active' THEN v.market_time
           ELSE max(v.market_time) FILTER (WHERE w.status = 'active') OVER (PARTITION BY s.user_id, s.environment)
           END AS market_time
    FROM risk_state s JOIN wallets w ON w.user_id = s.user_id AND w.id = s.wallet_id
    JOIN users u ON u.id = s.user_id LEFT JOIN times v ON v.venue = w.venue
), wallet AS (
    SELECT s.user_id, s.environment, s.wallet_id, v.time_zone, v.market_time, v.active,
           CASE WHEN v.market_time IS NULL THEN NULL WHEN s.external_notional <> 0 THEN s.equity
                WHEN o.unknown THEN NULL
                ELSE s.balance + coalesce(o.gain, 0) END AS equity,
           s.peak_equity, s.consecutive_losses, {", ".join(map(_in_window, LENGTHS))}
    FROM risk_state s JOIN clocks v ON v.id = s.id
    LEFT JOIN open o ON o.user_id = s.user_id AND o.wallet_id = s.wallet_id
), summed AS (
    SELECT user_id, environment, min(time_zone) AS time_zone, max(market_time) AS market_time,
           CASE WHEN bool_and(equity IS NOT NULL) FILTER (WHERE active)
                THEN sum(equity) FILTER (WHERE active) END AS equity, {", ".join(map(_summed, LENGTHS))}
    FROM wallet GROUP BY 1, 2
), scopes AS (
    SELECT 'wallet' AS scope, x.wallet_id, x.user_id, x.environment, x.time_zone, x.market_time, x.equity,
           x.peak_equity, x.consecutive_losses, {_FIELDS.replace("day_equity", "x.day_equity", 1)},
           {_OWN} AS own, true AS is_wallet,
           coalesce(l.flatten_when_tripped, r.flatten_when_tripped, false) AS flatten,
           coalesce(r.auto_breakers, true) AS auto_breakers
    FROM wallet x JOIN wallet_risk_settings l ON l.user_id = x.user_id AND l.wallet_id = x.wallet_id
    LEFT JOIN risk_settings r ON r.user_id = x.user_id
    WHERE x.active
    UNION ALL
    SELECT 'user', NULL, x.user_id, x.environment, x.time_zone, x.market_time, x.equity, s.peak_equity,
           s.consecutive_losses,
           {
    ", ".join(
        f"x.{length}_equity, x.{length}_in, x.{length}_out, s.{length}_tripped_at IS NOT NULL AND"
        f" {_goes_on(length, 'x')}"
        for length in LENGTHS
    )
},
           CASE WHEN l.user_id IS NULL THEN CAST(:standard AS numeric[]) ELSE {_OWN} END, false,
           coalesce(l.flatten_when_tripped, false), coalesce(l.auto_breakers, true)
    FROM summed x JOIN risk_state s ON s.user_id = x.user_id AND s.environment = x.environment
         AND s.wallet_id IS NULL
    LEFT JOIN risk_settings l ON l.user_id = x.user_id
), bound AS (
    SELECT scopes.*, CASE WHEN is_wallet THEN NULL ELSE CAST(:platform AS numeric[]) END AS above FROM scopes
)
SELECT scope, user_id, wallet_id, environment, time_zone, market_time, equity, peak_equity, consecutive_losses,
       {_FIELDS}, own, above, flatten, auto_breakers
FROM bound WHERE market_time IS NOT NULL AND (
   {" OR ".join(_near(length, 2 * place) for place, length in enumerate(LENGTHS))}
   OR peak_equity - equity >= 0.99 * peak_equity * least(own[7], (CAST(:platform AS numeric[]))[7]) / 100
   OR consecutive_losses >= least(own[8], (CAST(:platform AS numeric[]))[8]))
"""
_NUMBERS, _TEXTS, _MOMENT = ARRAY(Numeric), ARRAY(String), DateTime(timezone=True)
_NEAR_A_LIMIT = text(_LOSSES).bindparams(
    bindparam("venues", type_=_TEXTS),
    bindparam("symbols", type_=_TEXTS),
    bindparam("marks", type_=_NUMBERS),
    bindparam("contracts", type_=_NUMBERS),
    bindparam("time_venues", type_=_TEXTS),
    bindparam("times", type_=ARRAY(DateTime(timezone=True))),
    bindparam("standard", type_=_NUMBERS),
    bindparam("platform", type_=_NUMBERS),
)
_HELD = text(f"SELECT DISTINCT t.venue, t.symbol FROM trades t WHERE {_LIVE} AND t.quantity > 0")
_VENUES = text("SELECT venue, count(*) FROM wallets WHERE status = 'active' GROUP BY 1")
# A stop that the price had passed, and an entry that the gate refused, say nothing about the venue.
_ORDERS = text(
    "SELECT o.user_id, o.wallet_id, w.venue, w.environment,"
    " count(*) FILTER (WHERE o.sent_at IS NOT NULL) AS sent,"
    " count(*) FILTER (WHERE o.status = 'REJECTED' AND o.sent_at IS NOT NULL"
    "  AND coalesce(o.error_code, '') NOT IN ('refused_at_gate', 'would_trigger')) AS refused,"
    " count(*) FILTER (WHERE o.created_at > :now - interval '1 minute') AS last_minute,"
    " array_agg(t.entry_slippage_bps) FILTER (WHERE o.leg = 'entry' AND t.entry_slippage_bps IS NOT NULL)"
    "  AS slippages"
    " FROM orders o JOIN wallets w ON w.user_id = o.user_id AND w.id = o.wallet_id"
    " JOIN trades t ON t.user_id = o.user_id AND t.id = o.trade_id"
    " WHERE o.created_at > :since GROUP BY 1, 2, 3, 4"
).bindparams(bindparam("now", type_=_MOMENT), bindparam("since", type_=_MOMENT))
_TROUBLED = text(
    "SELECT 'drift' AS trouble, w.user_id, w.id AS wallet_id, w.venue, w.environment,"
    " w.entries_frozen_reason AS why, NULL::timestamptz AS since FROM wallets w"
    " WHERE w.status = 'active' AND w.entries_frozen_reason IS NOT NULL"
    " UNION ALL"
    " SELECT 'naked_time', t.user_id, t.wallet_id, t.venue, t.environment, min(t.symbol),"
    f" min(t.unprotected_since) FROM trades t WHERE {_LIVE} AND t.status = 'OPEN_UNPROTECTED'"
    " AND t.unprotected_since <= :naked_since GROUP BY t.user_id, t.wallet_id, t.venue, t.environment"
).bindparams(bindparam("naked_since", type_=_MOMENT))
_STOP_RESTING = text(
    "WITH stopped AS (UPDATE trades t SET entry_stopped = true FROM wallets w"
    f" WHERE w.user_id = t.user_id AND w.id = t.wallet_id AND NOT t.entry_stopped AND {_LIVE}"
    " AND EXISTS (SELECT 1 FROM orders o WHERE o.user_id = t.user_id AND o.trade_id = t.id"
    "  AND o.leg = 'entry' AND o.status IN ('OPEN', 'PARTIAL'))"
    " AND EXISTS (SELECT 1 FROM breaker_states b WHERE b.state <> 'active'"
    "  AND (b.until IS NULL OR b.until > :now) AND b.environment IN ('all', t.environment)"
    "  AND (b.scope = 'platform' OR (b.scope = 'venue' AND b.scope_id = t.venue)"
    "   OR (b.scope = 'user' AND b.scope_id = t.user_id::text)"
    "   OR (b.scope = 'wallet' AND b.scope_id = t.wallet_id::text)))"
    " RETURNING t.id, t.user_id, t.wallet_id, w.shard)"
    " INSERT INTO outbox (shard, user_id, wallet_id, kind, payload, dedupe_key)"
    " SELECT shard, user_id, wallet_id, 'drive', jsonb_build_object('trade_id', id), 'drive:' || id FROM stopped"
    " ON CONFLICT DO NOTHING RETURNING pg_notify('outbox', shard::text)"
).bindparams(bindparam("now", type_=_MOMENT))


@dataclass(frozen=True, slots=True)
class MarketNow:
    """Marks and contract sizes by (venue, symbol), and each venue's market time."""

    marks: Mapping[tuple[str, str], tuple[Decimal, Decimal]]
    times: Mapping[str, datetime]


@dataclass(frozen=True, slots=True)
class NearLimit:
    """A user (`wallet_id` None) or a wallet that may have reached a limit. `own` and `above` (the platform's, None
    for a wallet) are in the order of LIMIT_COLUMNS and in the table's units."""

    scope: str
    user_id: UUID
    wallet_id: UUID | None
    environment: str
    time_zone: str
    market_time: datetime
    equity: Decimal | None
    peak_equity: Decimal | None
    consecutive_losses: int
    windows: Mapping[str, tuple[Decimal | None, Decimal | None, Decimal | None, bool | None]]
    own: Sequence[Decimal | None]
    above: Sequence[Decimal | None] | None
    flatten: bool
    auto_breakers: bool


@dataclass(frozen=True, slots=True)
class OrderPace:
    """What one wallet sent lately."""

    user_id: UUID
    wallet_id: UUID
    venue: str
    environment: str
    sent: int
    refused: int
    last_minute: int
    slippages: list[Decimal]


@dataclass(frozen=True, slots=True)
class Trouble:
    """An account whose books differ from the venue, or that has held a position without a stop `since`."""

    cause: str
    user_id: UUID
    wallet_id: UUID
    venue: str
    environment: str
    why: str
    since: datetime | None


class SystemBreakerFactsRepository:
    """Facts of every tenant, for the system role."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def is_ours(self) -> bool:
        """Whether this transaction is the one that watches: another process waits for its turn."""
        found = await self._session.execute(
            text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": WATCH_LOCK_KEY}
        )
        return bool(found.scalar_one())

    async def held(self) -> list[tuple[str, str]]:
        """(venue, symbol) of everything that is held."""
        return [(venue, symbol) for venue, symbol in await self._session.execute(_HELD)]

    async def venues(self) -> dict[str, int]:
        """How many active wallets each venue has."""
        return {str(venue): int(count) for venue, count in await self._session.execute(_VENUES)}

    async def near_limits(
        self,
        market: MarketNow,
        standard: Sequence[Decimal | None],
        platform: Sequence[Decimal | None],
    ) -> list[NearLimit]:
        """Everybody near a limit of losses, drawdown or losses in a row."""
        pairs = list(market.marks)
        found = await self._session.execute(
            _NEAR_A_LIMIT,
            {
                "venues": [venue for venue, _ in pairs],
                "symbols": [symbol for _, symbol in pairs],
                "marks": [market.marks[pair][0] for pair in pairs],
                "contracts": [market.marks[pair][1] for pair in pairs],
                "time_venues": list(market.times),
                "times": list(market.times.values()),
                "standard": list(standard),
                "platform": list(platform),
            },
        )
        return [_near_limit({str(name): value for name, value in row.items()}) for row in found.mappings()]

    async def paces(self, now: datetime, look_back: timedelta) -> list[OrderPace]:
        """What every wallet sent lately."""
        found = await self._session.execute(_ORDERS, {"now": now, "since": now - look_back})
        return [
            OrderPace(user, wallet, venue, environment, sent, refused, minute, list(slippages or ()))
            for user, wallet, venue, environment, sent, refused, minute, slippages in found
        ]

    async def troubles(self, naked_since: datetime) -> list[Trouble]:
        """Accounts in trouble: books that differ, and positions without a stop since before that wall time."""
        found = await self._session.execute(_TROUBLED, {"naked_since": naked_since})
        return [Trouble(*row) for row in found]

    async def stop_resting_entries(self, now: datetime) -> None:
        """Let no entry go on resting where a state stops entries; executors are told to cancel it."""
        await self._session.execute(_STOP_RESTING, {"now": now})

    async def latch(
        self, user_id: UUID, wallet_id: UUID | None, environment: str, length: str, market_time: datetime
    ) -> None:
        """Note in the risk state that a loss window tripped, for the gate to see even after a rebound."""
        await self._session.execute(
            text(
                f"UPDATE risk_state SET {length}_tripped_at = coalesce({length}_tripped_at, :at)"
                " WHERE user_id = :user AND environment = :environment"
                " AND wallet_id IS NOT DISTINCT FROM CAST(:wallet AS uuid)"
            ).bindparams(bindparam("at", type_=_MOMENT)),
            {"at": market_time, "user": user_id, "environment": environment, "wallet": wallet_id},
        )


def _near_limit(row: Mapping[str, Any]) -> NearLimit:
    windows = {
        length: tuple(row[f"{length}_{part}"] for part in ("equity", "in", "out", "tripped"))
        for length in LENGTHS
    }
    return NearLimit(
        scope=row["scope"],
        user_id=row["user_id"],
        wallet_id=row["wallet_id"],
        environment=row["environment"],
        time_zone=row["time_zone"],
        market_time=row["market_time"],
        equity=row["equity"],
        peak_equity=row["peak_equity"],
        consecutive_losses=row["consecutive_losses"],
        windows=windows,
        own=row["own"],
        above=row["above"],
        flatten=row["flatten"],
        auto_breakers=row["auto_breakers"],
    )
