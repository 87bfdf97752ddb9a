"""What each process tells of itself: figures of the machine and of its own, in Redis, forgotten after a minute."""

import os
import socket
import time
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import msgspec
import psutil
from redis.asyncio import Redis
from redis.exceptions import RedisError

from app.core.metrics import LOOP_LAG, PROCESS_CPU, PROCESS_DISK, PROCESS_MEMORY
from app.core.redis_commands import drop_hash_fields, hash_fields, set_hash_field
from app.domain.system_health import CallFigures, Pulse

KEY = "pulses"
FORGOTTEN_SECONDS = 3_600


class OwnFigures:
    """Reads this process and its machine."""

    def __init__(self, process: str, folder: Path, started_at: datetime) -> None:
        self._process = process
        self._folder = folder
        self._started_at = started_at
        self._self = psutil.Process()
        psutil.cpu_percent(None)  # the first answer has nothing to compare with

    def read(self, now: datetime, lag_seconds: float, venues: Mapping[str, CallFigures]) -> Pulse:
        """The figures now; the disk is unknown where the folder is not there."""
        try:
            disk: float | None = psutil.disk_usage(str(self._folder)).percent
        except OSError:
            disk = None
        pulse = Pulse(
            process=self._process,
            host=socket.gethostname(),
            pid=os.getpid(),
            started_at=self._started_at,
            at=now,
            cpu_percent=psutil.cpu_percent(None),
            memory_percent=psutil.virtual_memory().percent,
            disk_percent=disk,
            rss_bytes=self._self.memory_info().rss,
            loop_lag_milliseconds=round(lag_seconds * 1000, 1),
            venues=venues,
        )
        PROCESS_CPU.set(pulse.cpu_percent)
        PROCESS_MEMORY.set(pulse.memory_percent)
        LOOP_LAG.set(lag_seconds)
        if disk is not None:
            PROCESS_DISK.set(disk)
        return pulse


class RedisPulses:
    """One field per process and machine."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def tell(self, pulse: Pulse) -> bool:
        """Write it; False where Redis does not hear it."""
        try:
            text = msgspec.json.encode(pulse).decode()
            await set_hash_field(self._redis, KEY, _name(pulse), text)
        except (RedisError, OSError):
            return False
        return True

    async def forget(self, pulse: Pulse) -> None:
        """Take it away: the process ends as it was asked to."""
        try:
            await drop_hash_fields(self._redis, KEY, [_name(pulse)])
        except (RedisError, OSError):
            return

    async def all(self, now: datetime) -> list[Pulse] | None:
        """Every process that told within the hour, by name; None where Redis does not answer. Others are forgotten."""
        try:
            held = await hash_fields(self._redis, KEY)
            known = {name.decode(): msgspec.json.decode(text, type=Pulse) for name, text in held.items()}
            old = [n for n, pulse in known.items() if (now - pulse.at).total_seconds() > FORGOTTEN_SECONDS]
            if old:
                await drop_hash_fields(self._redis, KEY, old)
        except (RedisError, OSError):
            return None
        alive = [pulse for name, pulse in known.items() if name not in old]
        return sorted(alive, key=lambda pulse: (pulse.process, pulse.host, pulse.pid))

    async def probe(self) -> tuple[float, int] | None:
        """Milliseconds of a PING and bytes in use; None where Redis does not answer."""
        began = time.monotonic()
        try:
            await self._redis.ping()
            took = time.monotonic() - began
            memory = await self._redis.info("memory")
        except (RedisError, OSError):
            return None
        return round(took * 1000, 3), int(memory["used_memory"])

    async def waiting_jobs(self, queue: str, now: datetime) -> tuple[int, float | None] | None:
        """Jobs that wait and the age of the oldest in seconds (None without any that is due); None: Redis is silent."""
        try:
            depth = int(await self._redis.zcard(queue))
            first = await self._redis.zrange(queue, 0, 0, withscores=True)
        except (RedisError, OSError):
            return None
        if not first:
            return depth, None
        age = now.timestamp() - float(first[0][1]) / 1000
        return depth, age if age >= 0 else None


def _name(pulse: Pulse) -> str:
    return f"{pulse.process}@{pulse.host}:{pulse.pid}"
