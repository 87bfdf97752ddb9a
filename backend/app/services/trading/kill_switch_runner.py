"""Carries the runs of the kill switch to their end. What is done is written in Postgres, so that any executor goes
on where a killed one stopped; each acts for its own accounts only, and every step is written once.
"""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import structlog

from app.core.clock import utc_now
from app.core.db import Database, DbSession
from app.domain.notification_events import NotificationEvent
from app.domain.types import BreakerScope
from app.repositories.breakers import SystemBreakerRepository
from app.repositories.kill_switch_work import OpenRun, SystemKillSwitchRepository
from app.repositories.notifications import SystemNotificationOutbox, Told
from app.repositories.trading_accounts import TradingAccountRepository
from app.services.circuit_breaker import scope_name
from app.services.trading.account_queue import AccountQueue
from app.services.trading.desk import Desk

ESCALATE_AFTER = timedelta(seconds=20)
LOOK_PAUSES = 3  # times as long as a look took: thousands of accounts are looked over more seldom
MOST_PAUSE_SECONDS = 2.0

log = structlog.get_logger(__name__)


class KillSwitchRunner:
    """One process's part of every run. `queue_of` finds the queue of a wallet that is ours."""

    def __init__(self, desk: Desk, queue_of: Callable[[UUID], AccountQueue | None]) -> None:
        self._desk = desk
        self._queue_of = queue_of

    async def advance(self) -> None:
        """One look at every run that is not flat, and a pause that is its due."""
        begun = asyncio.get_running_loop().time()
        async with self._desk.system.system() as session:
            runs = await SystemKillSwitchRepository(session).open_runs()
        for run in runs:
            if run.listed_at is None:
                await self._list(run)
            await self._ask_accounts(run)
            await self._note_steps(run)
        if runs:
            took = asyncio.get_running_loop().time() - begun
            await asyncio.sleep(min(took * LOOK_PAUSES, MOST_PAUSE_SECONDS))
        else:
            self._desk.under_kill_switch.clear()

    @property
    def _database(self) -> Database:
        return self._desk.system

    async def _list(self, run: OpenRun) -> None:
        """Write down what the run meets, and tell everybody whom it concerns."""
        async with self._database.system() as session:
            runs = SystemKillSwitchRepository(session)
            if not await runs.list_accounts(run.id):
                return
            users = await runs.concerned(run.id)
            told = [
                (user.user_id, _engaged(run, await _name(session, user.user_id, run), user.positions))
                for user in users
            ]
            await SystemNotificationOutbox(session).emit_to_each(told)
        log.critical("the kill switch runs", run_id=str(run.id), scope=run.scope, scope_id=run.scope_id)

    async def _ask_accounts(self, run: OpenRun) -> None:
        shards = sorted(self._desk.leases.epochs)
        if not shards:
            return
        async with self._database.system() as session:
            wallets = await SystemKillSwitchRepository(session).to_look_at(run.id, shards)
        for wallet_id in wallets:
            queue = self._queue_of(wallet_id)
            if queue is not None:
                queue.flatten(run)

    async def _note_steps(self, run: OpenRun) -> None:
        """Write the times of the steps that are reached; once everything is proven, end the run."""
        margin = self._desk.margin_ms() / 1000
        async with self._database.system() as session:
            runs = SystemKillSwitchRepository(session)
            waiting, error = await runs.waiting(run.id)
            working = unknown = 0
            if waiting == 0 or run.quiescent_at is None or run.cancelled_at is None:
                working, unknown = await runs.entries(run.id, margin)
            if run.quiescent_at is None and unknown == 0:
                await runs.reach(run.id, "quiescent_at")
            if run.cancelled_at is None and working == 0 and unknown == 0:
                await runs.reach(run.id, "cancelled_at")
            if waiting == 0 and working == 0 and unknown == 0 and await runs.reach(run.id, "flat_at"):
                users = await runs.concerned(run.id)
                told = [
                    (user.user_id, _finished(run, await _name(session, user.user_id, run), user.closed, 0))
                    for user in users
                ]
                await SystemNotificationOutbox(session).emit_to_each(told)
                scope = BreakerScope(run.scope)
                await SystemBreakerRepository(session).announce(scope, run.scope_id)
                log.critical("the kill switch is done: everything is flat", run_id=str(run.id))
            elif waiting and run.escalated_at is None and utc_now() - run.halted_at > ESCALATE_AFTER:
                why = f"{waiting} accounts are not proven flat." + ("" if error is None else f" {error}")
                if await runs.escalate(run.id, why):
                    await self._escalate(session, run, why)

    async def _escalate(self, session: DbSession, run: OpenRun, why: str) -> None:
        """Call people; the run stays latched and goes on."""
        told = SystemNotificationOutbox(session)
        users = await SystemKillSwitchRepository(session).concerned(run.id)
        await told.emit_to_each(
            [
                (
                    user.user_id,
                    _finished(
                        run,
                        await _name(session, user.user_id, run),
                        user.closed,
                        user.positions - user.closed,
                    ),
                )
                for user in users
                if user.positions > user.closed
            ]
        )
        await told.emit_to_administrators(
            NotificationEvent.SYSTEM_DEGRADED,
            dedupe_key=f"kill_switch:{run.id}",
            figures={
                "component": "Kill switch",
                "state": "not finished",
                "gauge": "time since the halt",
                "value": why,
                "limit": f"{ESCALATE_AFTER.total_seconds():.0f} s",
            },
        )
        log.critical("the kill switch does not come to its end", run_id=str(run.id), why=why)


async def _name(session: DbSession, user_id: UUID, run: OpenRun) -> str:
    """What the run's scope is called in a message to this user; asks the database about a wallet only, which one user
    has."""
    return await scope_name(TradingAccountRepository(session), user_id, BreakerScope(run.scope), run.scope_id)


def _engaged(run: OpenRun, scope: str, positions: int) -> Told:
    return Told(
        NotificationEvent.KILL_SWITCH_ENGAGED,
        dedupe_key=str(run.id),
        figures={
            "scope": scope,
            "positions": str(positions),
            "reason": run.reason,
        },
    )


def _finished(run: OpenRun, scope: str, closed: int, remaining: int) -> Told:
    return Told(
        NotificationEvent.KILL_SWITCH_FINISHED,
        dedupe_key=f"{run.id}:{'open' if remaining else 'flat'}",
        figures={
            "outcome": "still closing" if remaining else "everything is flat",
            "scope": scope,
            "closed": str(closed),
            "remaining": str(remaining),
        },
    )
