"""Joins the reading of the platform's health with what it reads."""

from redis.asyncio import Redis

from app.adapters.arq_queue import QUEUE
from app.adapters.price_cache import RedisPriceCache
from app.adapters.pulse import RedisPulses
from app.core.clock import utc_now
from app.core.config import Settings
from app.core.db import Database
from app.services.system_health import SystemHealth


def system_health(settings: Settings, database: Database, redis: Redis) -> SystemHealth:
    """The platform's health out of Redis and a database of a role that reads every tenant's queues."""
    return SystemHealth(
        database, RedisPulses(redis), RedisPriceCache(redis), settings.allowed_venues, QUEUE, utc_now
    )
