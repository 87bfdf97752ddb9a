"""The platform's health over HTTP: for administrators alone, out of real Postgres and Redis."""

import os
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest
from redis.asyncio import Redis

from app.adapters.pulse import RedisPulses
from app.bootstrap.health import system_health
from app.bootstrap.pulse import pulsing
from app.core.clock import utc_now
from app.core.config import Settings
from app.core.db import Database
from app.domain.system_health import Gauge, Pulse
from app.schemas.system_health import SystemHealth
from tests.api.desk_world import Person, World
from tests.services.trading.floor import until


async def promote(world: World, person: Person) -> None:
    await world.sql.execute("UPDATE users SET role = 'admin' WHERE id = $1", person.user_id)


def pulse_of(process: str) -> Pulse:
    now = utc_now()
    return Pulse(
        process=process,
        host="elsewhere",
        pid=1,
        started_at=now,
        at=now,
        cpu_percent=79.9,
        memory_percent=10.0,
        disk_percent=10.0,
        rss_bytes=1,
        loop_lag_milliseconds=1.0,
    )


async def test_health_anonymous_is_refused(http: httpx.AsyncClient) -> None:
    assert (await http.get("/admin/health")).status_code == 401


async def test_health_of_the_platform_is_not_for_everybody(http: httpx.AsyncClient, alice: Person) -> None:
    answer = await http.get("/admin/health", headers=alice.headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "admin_required")


async def test_health_names_what_tells_its_figures_and_what_does_not(
    http: httpx.AsyncClient, world: World, alice: Person, bob: Person
) -> None:
    await promote(world, alice)
    await world.trade(bob, "STUCK/USDT:USDT", status="NEEDS_OPERATOR")
    await world.insert("outbox", user_id=bob.user_id, kind="exit", payload="{}", available_at=utc_now())

    async def told() -> SystemHealth | None:
        """The platform as the API sees it, once the API itself has told its figures again: it does every 5 s."""
        answer = await http.get("/admin/health", headers=alice.headers)
        seen = SystemHealth.model_validate_json(answer.content)
        alive = {
            process.process for process in seen.processes if process.is_alive and process.host != "elsewhere"
        }
        return seen if "api" in alive else None

    seen = await until(told)
    executors = [one for one in seen.processes if one.process == "executor" and one.host != "elsewhere"]
    assert {executor.is_alive for executor in executors} == {False}
    assert seen.status == "degraded"
    assert seen.needs_operator >= 1
    assert any(queue.queue == "outbox: exit" and queue.depth for queue in seen.queues)
    assert {store.store: store.answers for store in seen.stores} == {"postgres": True, "redis": True}


async def test_process_at_its_limit_is_told_to_administrators_once_an_hour(
    world: World,
    alice: Person,
    bob: Person,
    settings: Settings,
    redis_client: Redis,
    system_database: Database,
) -> None:
    await promote(world, alice)
    pulses, health = RedisPulses(redis_client), system_health(settings, system_database, redis_client)
    await pulses.tell(pulse_of("executor"))
    await health.tell()
    told = "SELECT count(*) FROM notifications WHERE user_id = $1 AND subject = 'executor on elsewhere:cpu_percent'"
    assert await world.sql.fetchval(told, alice.user_id) == 0
    await pulses.tell(replace(pulse_of("executor"), cpu_percent=80.0))
    await health.tell()
    await health.tell()
    assert await world.sql.fetchval(told, alice.user_id) == 1
    assert await world.sql.fetchval(told, bob.user_id) == 0


async def test_process_that_fell_silent_is_not_alive(
    settings: Settings, redis_client: Redis, system_database: Database
) -> None:
    old = replace(pulse_of("jobs"), at=utc_now() - timedelta(seconds=30))
    await RedisPulses(redis_client).tell(old)
    seen = await system_health(settings, system_database, redis_client).look()
    assert [p.is_alive for p in seen.processes if (p.process, p.host) == ("jobs", "elsewhere")] == [False]
    assert any(alarm.gauge is Gauge.SILENCE and "jobs" in alarm.component for alarm in seen.alarms)


CRASHES = "SELECT * FROM notifications WHERE user_id = $1 AND event = 'system_error' AND subject = $2"


async def test_a_process_that_stopped_without_being_asked_is_told_to_administrators_once(
    world: World,
    alice: Person,
    bob: Person,
    settings: Settings,
    redis_client: Redis,
    system_database: Database,
) -> None:
    await promote(world, alice)
    pulses, health = RedisPulses(redis_client), system_health(settings, system_database, redis_client)
    now = utc_now()
    crashed = replace(
        pulse_of("executor"),
        host=f"crashed {alice.user_id}",
        at=now - timedelta(seconds=30),
        started_at=now - timedelta(minutes=9),
    )
    subject = f"executor on {crashed.host}"
    await pulses.tell(crashed)
    await pulses.tell(pulse_of("executor"))
    await health.tell()
    await health.tell()
    (told,) = await world.sql.fetch(CRASHES, alice.user_id, subject)
    assert told["level"] == "critical"
    assert "process 1, was last heard of at" in told["sentence"]
    assert "Another one was started since" in told["sentence"]
    assert await world.sql.fetch(CRASHES, bob.user_id, subject) == []
    silence = "SELECT count(*) FROM notifications WHERE user_id = $1 AND subject = $2"
    assert await world.sql.fetchval(silence, alice.user_id, f"{subject}:silence_seconds") == 0
    await pulses.tell(replace(crashed, pid=2))  # a second crash is told by itself
    await health.tell()
    assert len(await world.sql.fetch(CRASHES, alice.user_id, subject)) == 2
    for pid in (1, 2):
        await pulses.forget(replace(crashed, pid=pid))


async def test_a_process_that_fails_leaves_its_figures_behind_and_one_that_stops_takes_them_away(
    settings: Settings, redis_client: Redis
) -> None:
    own = os.getpid()

    async def shown() -> int:
        pulses = await RedisPulses(redis_client).all(utc_now()) or []
        return sum(pulse.process == "notifier" and pulse.pid == own for pulse in pulses)

    async def until_shown() -> bool | None:
        return True if await shown() else None

    async with pulsing(settings, redis_client, "notifier"):
        await until(until_shown)
    assert await shown() == 0

    async def fail() -> None:
        async with pulsing(settings, redis_client, "notifier"):
            await until(until_shown)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert await shown() == 1
    for pulse in await RedisPulses(redis_client).all(utc_now()) or []:
        if pulse.process == "notifier" and pulse.pid == own:
            await RedisPulses(redis_client).forget(pulse)


async def test_without_redis_the_rest_is_still_told(settings: Settings, system_database: Database) -> None:
    away = Redis.from_url("redis://127.0.0.1:1/0")
    seen = await system_health(settings, system_database, away).look()
    assert {store.store: store.answers for store in seen.stores} == {"postgres": True, "redis": False}
    assert seen.status == "degraded"
    await away.aclose()
