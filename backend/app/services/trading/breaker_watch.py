"""The automatic circuit breakers: reads every rule each second, trips what is reached, ends what is over.

One process watches at a time, by a lock that its transaction holds; what it decides is written in Postgres, each
trip in a transaction of its own, so that another process goes on where one was killed. Works without Redis.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Protocol
from uuid import UUID, uuid4

import structlog

from app.core.db import Database
from app.domain.breaker import CLEARED, LOSS_WINDOWS, PROBED, BreakerCause, ScopeState
from app.domain.breaker_rules import (
    BreakerTerms,
    Probe,
    ProbeVerdict,
    after_probe,
    first_probe,
    verdict_of,
)
from app.domain.defaults import STANDARD, percent_of
from app.domain.notification_events import NotificationEvent
from app.domain.types import BreakerScope, TradingState
from app.domain.venue import BudgetSpentError, VenueUnavailableError
from app.repositories.breaker_facts import LIMIT_COLUMNS, MarketNow, SystemBreakerFactsRepository
from app.repositories.breaker_transaction import SystemBreakerTransaction
from app.repositories.breakers import BreakerChange
from app.services.breaker_board import BY_RULE, BreakerBoard
from app.services.circuit_breaker import scope_name
from app.services.kill_switch import KillSwitch, Press
from app.services.trading.breaker_readings import (
    Trip,
    limit_trips,
    pace_trips,
    trouble_trips,
    venue_trips,
)
from app.services.trading.markets import MarketView, age_seconds

ENDS_WITH_ITS_CAUSE = CLEARED | {BreakerCause.CONSECUTIVE_LOSSES}
VENUE_PATIENCE_SECONDS = 3.0
# Its clock is measured each 2 s; to ask as well takes weight from orders.
ANSWER_COUNTS = timedelta(seconds=2.5)
Key = tuple[BreakerScope, str, str, BreakerCause]
Standing = Mapping[Key, tuple[ScopeState, UUID | None, Mapping[str, str] | None]]

log = structlog.get_logger(__name__)


class VenueClocks(Protocol):
    """Tells the distance between a venue's clock and ours, in ms, as measured within that time, else now; raises
    where the venue does not answer."""

    async def recent_clock_offset(self, venue: str, no_older_than: timedelta) -> int: ...


class BreakerWatch:
    """Watches everybody. `now` is wall time; loss windows go by the venues' market time. A venue that says nothing
    for `patience_seconds` counts as one that does not answer."""

    def __init__(
        self,
        database: Database,
        markets: MarketView,
        clocks: VenueClocks,
        now: Callable[[], datetime],
        terms: BreakerTerms | None = None,
        patience_seconds: float = VENUE_PATIENCE_SECONDS,
    ) -> None:
        self._database = database
        self._markets = markets
        self._clocks = clocks
        self._now = now
        self._terms = terms or BreakerTerms()
        self._patience_seconds = patience_seconds
        self._failures: dict[str, int] = {}
        self._offsets: dict[str, float] = {}

    async def look(self) -> bool:
        """Read every rule once and act; False where another process watches."""
        async with self._database.system() as session:
            facts = SystemBreakerFactsRepository(session)
            if not await facts.is_ours():
                return False
            now = self._now()
            standing = self._standing(
                await SystemBreakerTransaction(session).breakers.since(self._since(now))
            )
            accounts = await facts.venues()
            market = await self._market(facts, accounts)
            trips = await self._trips(facts, SystemBreakerTransaction(session), market, accounts, now)
            # Whoever reached a limit is stopped before any venue is asked: one may take long to say nothing.
            for trip in _strictest(trips):
                await self._act(trip, standing, now)
            if trips:
                await self._stop_resting_entries(now)
            asked = await self._of_venues(accounts, market, now)
            for trip in _strictest(asked):
                await self._act(trip, standing, now)
            await self._end_what_is_over(standing, {trip.key for trip in trips + asked}, now)
        await self._stop_resting_entries(now)
        return True

    async def _stop_resting_entries(self, now: datetime) -> None:
        async with self._database.system() as session:
            await SystemBreakerFactsRepository(session).stop_resting_entries(now)

    def _since(self, now: datetime) -> datetime:
        return now - self._terms.look_back

    @staticmethod
    def _standing(rows: Iterable[tuple[ScopeState, UUID | None, Mapping[str, str] | None]]) -> Standing:
        return {
            (held.scope, held.scope_id, held.environment, held.cause): (held, owner, probe)
            for held, owner, probe in rows
        }

    async def _trips(
        self,
        facts: SystemBreakerFactsRepository,
        transaction: SystemBreakerTransaction,
        market: MarketNow,
        accounts: Mapping[str, int],
        now: datetime,
    ) -> list[Trip]:
        """What is reached by our own books, for which no venue is asked."""
        platform = await transaction.platform_limits()
        found: list[Trip] = []
        for row in await facts.near_limits(market, STANDARD_LIMITS, _platform(platform)):
            found += limit_trips(row)
        found += pace_trips(await facts.paces(now, self._terms.look_back), self._terms)
        found += trouble_trips(await facts.troubles(now - self._terms.max_naked), accounts, now, self._terms)
        return found

    async def _of_venues(self, venues: Iterable[str], market: MarketNow, now: datetime) -> list[Trip]:
        """Ask all venues at once; raises what one of them raised, after all have answered."""
        answers = await asyncio.gather(
            *(self._of_venue(venue, market, now) for venue in venues), return_exceptions=True
        )
        found: list[Trip] = []
        for answer in answers:
            if isinstance(answer, BaseException):
                raise answer
            found += answer
        return found

    async def _market(self, facts: SystemBreakerFactsRepository, accounts: Mapping[str, int]) -> MarketNow:
        marked = await self._markets.marked(await facts.held())
        marks = {
            pair: (held.mark_price, held.contract_size)
            for pair, held in marked.items()
            if held.mark_price is not None
        }
        times = {
            venue: at for venue in accounts if (at := await self._markets.market_time(venue)) is not None
        }
        return MarketNow(marks, times)

    async def _of_venue(self, venue: str, market: MarketNow, now: datetime) -> list[Trip]:
        """Ask the venue for its time, and look how old the prices of what is held there are."""
        try:
            async with asyncio.timeout(self._patience_seconds):
                self._offsets[venue] = await self._clocks.recent_clock_offset(venue, ANSWER_COUNTS) / 1000
            self._failures[venue] = 0
        except BudgetSpentError as error:  # it was not asked: that says nothing of it
            self._failures.setdefault(venue, 0)
            log.info("a venue was not asked for its time", venue=venue, reason=str(error))
        except (VenueUnavailableError, TimeoutError) as error:
            self._failures[venue] = self._failures.get(venue, 0) + 1
            log.warning("a venue does not answer", venue=venue, error=str(error))
        ages = []
        for held_at, symbol in market.marks:
            if held_at == venue and (quote := await self._markets.quote(venue, symbol)) is not None:
                ages.append(age_seconds(quote, now))
        return list(
            venue_trips(
                venue,
                failures=self._failures[venue],
                offset_seconds=self._offsets.get(venue),
                price_age_seconds=max(ages, default=None),
                terms=self._terms,
            )
        )

    async def _act(self, trip: Trip, standing: Standing, now: datetime) -> None:
        """Trip, or tell where the user wants to be told only; nothing where it stands already."""
        row = standing.get(trip.key)
        if row is not None:
            held = row[0]
            if held.state_at(now) is not TradingState.ACTIVE:
                return
            # A person let it go on: what was counted before that does not count again.
            if trip.window is None and now - held.changed_at < self._terms.look_back:
                return
        state = TradingState.ACTIVE if trip.alert_only else TradingState.REDUCE_ONLY
        held = ScopeState(
            trip.scope,
            trip.scope_id,
            state,
            trip.sentence,
            BY_RULE,
            now,
            None,
            trip.environment,
            trip.reading.cause,
            trip.reading.resets_at,
        )
        probe = first_probe(now, self._terms) if trip.reading.cause in PROBED else None
        change = BreakerChange(
            held,
            trip.user_id,
            "alerted" if trip.alert_only else "tripped",
            trip.reading.value,
            trip.reading.limit,
            trip.market_time,
            None if probe is None else _stored(probe),
        )
        async with self._database.system() as session:
            transaction = SystemBreakerTransaction(session)
            board = BreakerBoard(transaction.breakers, transaction.halt, self._now)
            if trip.alert_only and await transaction.breakers.was_recorded(
                change, self._day_before(trip, now)
            ):
                return
            # Before the halt lock: a gate holds these rows when it asks for that lock.
            await self._latch(transaction, trip)
            if trip.alert_only:
                await transaction.breakers.record(change)
            elif not await board.set(change):
                return
            await self._write_down(transaction, trip, now)
        log.warning("a circuit breaker tripped", scope=trip.scope, scope_id=trip.scope_id, why=trip.sentence)

    @staticmethod
    async def _latch(transaction: SystemBreakerTransaction, trip: Trip) -> None:
        """Note in the risk state that a loss window tripped."""
        if trip.window is not None and trip.user_id is not None and trip.market_time is not None:
            await transaction.facts.latch(
                trip.user_id, trip.wallet_id, trip.environment, trip.window.value, trip.market_time
            )

    async def _write_down(self, transaction: SystemBreakerTransaction, trip: Trip, now: datetime) -> None:
        """Flatten where that was chosen, tell people."""
        if trip.flatten and not trip.alert_only:
            board = BreakerBoard(transaction.breakers, transaction.halt, self._now)
            press = Press(uuid4(), trip.scope, trip.scope_id, trip.user_id, trip.sentence, BY_RULE)
            await KillSwitch(transaction.runs, board, self._now).start(press)
        figures = {
            "scope": await scope_name(transaction.accounts, trip.user_id, trip.scope, trip.scope_id),
            "rule": trip.reading.cause.value.replace("_", " "),
            "reason": trip.sentence,
            "consequence": _consequence(trip),
        }
        at = trip.reading.resets_at or now
        dedupe = f"{trip.scope_id}:{trip.environment}:{trip.reading.cause}:{at.isoformat()}"
        subject = f"{trip.scope_id}:{trip.reading.cause}"
        event = NotificationEvent.BREAKER_TRIPPED
        if trip.user_id is None:
            await transaction.operators.emit_to_administrators(
                event, dedupe_key=dedupe, figures=figures, subject=subject
            )
        else:
            await transaction.told.emit(
                trip.user_id,
                event,
                dedupe_key=dedupe,
                figures=figures,
                subject=subject,
                wallet_id=trip.wallet_id,
            )

    @staticmethod
    def _day_before(trip: Trip, now: datetime) -> datetime:
        return now - timedelta(days=1) if trip.market_time is None else trip.market_time - timedelta(days=1)

    async def _end_what_is_over(self, standing: Standing, reached: set[Key], now: datetime) -> None:
        """Windows that ended, troubles that are gone, venues that answer again."""
        for key, (held, owner, probe) in standing.items():
            if held.state_at(now) is TradingState.ACTIVE or held.changed_by != BY_RULE:
                continue
            if held.cause in LOSS_WINDOWS:
                over = held.resets_at is not None and await self._has_come(held, owner)
            elif held.cause in PROBED:
                over = await self._probe(held, probe, key not in reached, now)
            else:
                over = held.cause in ENDS_WITH_ITS_CAUSE and key not in reached
            if over:
                await self._end(held, owner)

    async def _has_come(self, held: ScopeState, owner: UUID | None) -> bool:
        """Whether the market time of the scope's venues has reached the end of the window."""
        if held.resets_at is None or owner is None:
            return False
        async with self._database.system() as session:
            venues = await SystemBreakerTransaction(session).venues_of(owner, held.environment)
        times = [at for venue in venues if (at := await self._markets.market_time(venue)) is not None]
        return bool(times) and max(times) >= held.resets_at

    async def _probe(
        self, held: ScopeState, stored: Mapping[str, str] | None, is_well: bool, now: datetime
    ) -> bool:
        """Go one step of half-open probing; whether the venue is well again."""
        before = first_probe(held.changed_at, self._terms) if stored is None else _probe_of(stored)
        after = after_probe(before, is_well=is_well, now=now, terms=self._terms)
        if verdict_of(after, self._terms) is ProbeVerdict.WELL:
            return True
        if after != before:
            async with self._database.system() as session:
                transaction = SystemBreakerTransaction(session)
                await transaction.breakers.keep_probe(held, _stored(after))
                if (after.successes > 0) is not (before.successes > 0):
                    await transaction.breakers.announce(held.scope, held.scope_id)
        return False

    async def _end(self, held: ScopeState, owner: UUID | None) -> None:
        why = _REASON_OF_END.get(held.cause, "What caused it is over.")
        async with self._database.system() as session:
            transaction = SystemBreakerTransaction(session)
            board = BreakerBoard(transaction.breakers, transaction.halt, self._now)
            await board.end(BreakerChange(replace(held, reason=why), owner, "reset"))
            if owner is not None:
                await transaction.told.emit(
                    owner,
                    NotificationEvent.BREAKER_RESUMED,
                    dedupe_key=f"{held.scope_id}:{held.environment}:{held.cause}:{held.changed_at.isoformat()}",
                    figures={
                        "scope": await scope_name(transaction.accounts, owner, held.scope, held.scope_id),
                        "rule": held.cause.value.replace("_", " "),
                        "reason": why,
                    },
                    subject=f"{held.scope_id}:{held.cause}",
                )
        log.info("a circuit breaker is reset", scope=held.scope, scope_id=held.scope_id, cause=held.cause)


STANDARD_LIMITS = tuple(
    None if (value := getattr(STANDARD, name)) is None else Decimal(value) for name in LIMIT_COLUMNS
)
_REASON_OF_END = dict.fromkeys(LOSS_WINDOWS, "Its window ended.") | dict.fromkeys(
    PROBED, "The venue is well again."
)


def _consequence(trip: Trip) -> str:
    if trip.alert_only:
        return "You asked to be told only: the limits themselves still turn entries down."
    if trip.flatten:
        return "As you chose, every position is being closed; trading stays halted until you resume it."
    return "No new entries; stops and exits go on."


def _platform(stored: Mapping[str, Decimal]) -> list[Decimal | None]:
    """The operator's own limits in the order and the units of LIMIT_COLUMNS."""
    found: list[Decimal | None] = []
    for column in LIMIT_COLUMNS:
        if column.endswith("_percent"):
            found.append(percent_of(stored.get(f"{column.removesuffix('_percent')}_fraction")))
        else:
            found.append(stored.get(column))
    return found


def _strictest(trips: Sequence[Trip]) -> list[Trip]:
    """One trip per state: the platform's before the user's own, which may be an alert only."""
    found: dict[Key, Trip] = {}
    for trip in trips:
        held = found.get(trip.key)
        if held is None or (held.alert_only and not trip.alert_only):
            found[trip.key] = trip
    return list(found.values())


def _stored(probe: Probe) -> dict[str, str]:
    return {
        "successes": str(probe.successes),
        "pause_seconds": str(probe.pause_seconds),
        "next_at": probe.next_at.isoformat(),
    }


def _probe_of(stored: Mapping[str, str]) -> Probe:
    return Probe(
        int(stored["successes"]), float(stored["pause_seconds"]), datetime.fromisoformat(stored["next_at"])
    )
