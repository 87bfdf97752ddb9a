"""The processes of the platform: how each is started and how it tells that it is ready."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import urlsplit, urlunsplit

from pydantic import SecretStr

from app.core.config import BACKEND_DIR, PaperFeed, Settings

SYNTHETIC_HISTORY_BARS = 3_000  # of a minute: a strategy's longest warm-up on quarter-hours


class ProcessName(StrEnum):
    """In starting order; they stop in the reverse."""

    PAPER = "paper"
    API = "api"
    EXECUTOR = "executor"
    MONITOR = "monitor"
    JOBS = "jobs"
    NOTIFIER = "notifier"


@dataclass(frozen=True, slots=True)
class ProcessSpec:
    """One child: its command, its environment and, where it has one, the address that answers when ready."""

    name: ProcessName
    arguments: tuple[str, ...]
    environment: Mapping[str, str] = field(repr=False)
    ready_url: str | None


def process_spec(name: ProcessName, settings: Settings) -> ProcessSpec:
    """How to start a process of the platform under these settings."""
    if name is ProcessName.PAPER:
        environment = child_environment(settings) | {"PAPER_ADMIN_TOKEN": settings.paper_token}
        return ProcessSpec(name, paper_arguments(settings), environment, f"{settings.paper_url}/fapi/v1/ping")
    ready = f"{local_api_url(settings)}/api/v1/health/ready" if name is ProcessName.API else None
    arguments = (sys.executable, "-m", "app.cli.entry", name.value)
    return ProcessSpec(name, arguments, child_environment(settings), ready)


def paper_arguments(settings: Settings) -> tuple[str, ...]:
    """The command of the paper exchange."""
    address = urlsplit(settings.paper_url)
    journal = settings.var_dir / "paper" / "journal.sqlite"
    journal.parent.mkdir(parents=True, exist_ok=True)
    arguments = [sys.executable, "-m", "paper_exchange", "--port", str(address.port or 80)]
    arguments += ["--journal", str(journal), "--feed", settings.paper_feed.value]
    if settings.paper_feed is not PaperFeed.LIVE:
        arguments += ["--speed", f"{settings.paper_speed:g}"]
    elif settings.paper_live_url:
        arguments += ["--live-url", settings.paper_live_url]
    arguments += ["--weight-limit", str(settings.paper_weight_per_minute)]
    if settings.paper_feed is PaperFeed.SYNTHETIC:
        arguments += ["--seed", str(settings.paper_seed)]
    if settings.paper_replay_dir is not None:
        arguments += ["--replay-dir", str(settings.paper_replay_dir)]
    history = settings.paper_history_bars
    if history is None and settings.paper_feed is PaperFeed.SYNTHETIC:
        history = SYNTHETIC_HISTORY_BARS
    if history is not None:
        arguments += ["--history-bars", str(history)]
    return tuple(arguments)


def local_api_url(settings: Settings) -> str:
    """The address at which this machine reaches its own API."""
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(settings.host, settings.host)  # noqa: S104 - compared
    return f"http://{host}:{settings.port}"


def child_environment(settings: Settings) -> dict[str, str]:
    """The environment of a child: every setting written out, the owner's database login left out."""
    environment = dict(os.environ)
    path = environment.get("PYTHONPATH")
    environment["PYTHONPATH"] = str(BACKEND_DIR) if not path else f"{BACKEND_DIR}{os.pathsep}{path}"
    environment["PYTHONUNBUFFERED"] = "1"
    for name in type(settings).model_fields:
        environment[f"STACKALPHA_{name.upper()}"] = _as_text(getattr(settings, name))
    for name in ("STACKALPHA_DATABASE_URL", "STACKALPHA_REDIS_URL"):
        del environment[name]
    environment["DATABASE_URL"] = without_login(settings.database_url)
    environment["REDIS_URL"] = settings.redis_url
    return environment


def without_login(url: str) -> str:
    """The same address without user and password; each process logs in as its own role."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def _as_text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, tuple):
        return ",".join(str(item) for item in value)
    return str(value)
