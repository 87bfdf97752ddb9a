"""Structured logs: one JSON object per line on standard output, secrets taken out before they are written."""

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Final

import structlog
from structlog.typing import Processor

from app.core.config import Settings

REDACTED = "[redacted]"
SECRET_NAMES = re.compile(
    r"(pass(word|wd)?|secret|token|api_?key|signature|authorization|cookie|credential|private_?key|otp|ticket)",
    re.IGNORECASE,
)
NOT_SECRET = frozenset({"token_type", "key_last4", "idempotency_key_id", "token_expires_in"})
SECRET_PATTERNS = (
    (re.compile(r"(://[^\s:/@]*:)[^\s@/]+@"), rf"\1{REDACTED}@"),
    (re.compile(r"\b\d{6,12}:[A-Za-z0-9_-]{30,}"), REDACTED),  # a Telegram bot's token, also in its address
    (re.compile(r"(?i)(bearer\s+)[A-Za-z0-9._~+/=-]+"), rf"\1{REDACTED}"),
    (re.compile(r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+"), REDACTED),
    (
        re.compile(
            r"(?i)((?:signature|secret|token|password|api_?key|listenkey|x-mbx-apikey|ticket)"
            r"[\"']?\s*[=:]\s*[\"']?)[^\s&\"',;}]+"
        ),
        rf"\1{REDACTED}",
    ),
)
MAX_DEPTH = 6
_TRADING = "app.services.trading."
STREAMS = (
    ("performance", ("performance",)),
    (
        "signal",
        (_TRADING + "signals", _TRADING + "missed_bars", "app.workers.signal_jobs", "app.domain.signals"),
    ),
    (
        "risk",
        (
            _TRADING + "risk_",
            _TRADING + "gate",
            _TRADING + "windows",
            "app.services.risk_",
            "app.services.circuit_breaker",
            "app.services.kill_switch",
            "app.services.breaker",
            "app.workers.risk_jobs",
        ),
    ),
    (
        "trade",
        (
            "app.services.trading",
            "app.workers.executor",
            "app.workers.position_monitor",
            "app.adapters.exchange",
        ),
    ),
)
"""Stream and the beginnings of its loggers' names; the first that fits."""


# Loggers of which warnings and worse are kept.
CHATTY: Final = (
    "uvicorn.access",
    "httpx",
    "httpcore",
    "aiohttp.access",
    "ccxt",
    "asyncio",
    "apprise",
    "telegram",
    "arq.worker",  # each beginning and end of a job that runs every second; what fails is an error
)


def redact_text(text: str) -> str:
    """`text` with passwords in addresses, bearer tokens, signatures and named secrets replaced."""
    for pattern, replacement in SECRET_PATTERNS:
        text = pattern.sub(replacement, text)
    return text


def redact(value: object, name: str = "", depth: int = 0) -> object:
    """`value` without secrets: whole values under a secret's name, and secrets inside any text."""
    if name and name not in NOT_SECRET and SECRET_NAMES.search(name) and value is not None:
        return REDACTED
    if isinstance(value, str):
        return redact_text(value)
    if depth >= MAX_DEPTH:
        return redact_text(repr(value))
    if isinstance(value, Mapping):
        return {str(key): redact(item, str(key), depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [redact(item, "", depth + 1) for item in value]
    if isinstance(value, bytes | bytearray):
        return redact_text(bytes(value).decode(errors="replace"))
    if isinstance(value, BaseException):
        return redact_text(repr(value))
    return value


def _redact_event(
    _logger: object, _method: str, event: MutableMapping[str, object]
) -> MutableMapping[str, object]:
    stream = stream_of(str(event.get("logger", "")))
    return {key: redact(value, key) for key, value in event.items()} | {"stream": stream}


def stream_of(logger: str) -> str:
    """The stream of a logger's records: trade, signal, risk, performance, or system for everything else."""
    for stream, beginnings in STREAMS:
        if logger.startswith(beginnings):
            return stream
    return "system"


def configure_logging(settings: Settings, process: str) -> None:
    """Send this process's structlog and standard-library records through one redacting JSON writer.

    `process` names the process in every record. Call once, before the first record.
    """
    level = logging.getLevelNamesMapping()[settings.log_level]
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    writer = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            _redact_event,
            structlog.processors.JSONRenderer(default=str),
        ],
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(writer)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for noisy in ("uvicorn", "uvicorn.error", "uvicorn.access", "arq", "alembic", "sqlalchemy", "ccxt"):
        logger = logging.getLogger(noisy)
        logger.handlers.clear()
        logger.propagate = True
    for chatty in CHATTY:
        logging.getLogger(chatty).setLevel(max(level, logging.WARNING))
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(process=process, deployment=settings.deployment)
