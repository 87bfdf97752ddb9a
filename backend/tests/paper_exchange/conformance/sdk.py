"""Binance's own generated SDK, unmodified, as the judge of the dialect."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from binance_common.configuration import (
    ConfigurationRestAPI,
    ConfigurationWebSocketAPI,
    ConfigurationWebSocketStreams,
)
from binance_sdk_derivatives_trading_usds_futures.derivatives_trading_usds_futures import (
    DerivativesTradingUsdsFutures,
)
from pydantic import BaseModel

PATIENCE_MS = 20_000


def sdk_for(base: str, key: str, secret: str) -> DerivativesTradingUsdsFutures:
    """The SDK pointed at a paper exchange by its own configuration, and told never to try again."""
    socket = base.replace("http", "ws", 1)
    return DerivativesTradingUsdsFutures(
        ConfigurationRestAPI(key, secret, base_path=base, timeout=PATIENCE_MS, retries=0),
        ConfigurationWebSocketAPI(key, secret, stream_url=socket + "/ws-fapi/v1", timeout=PATIENCE_MS),
        ConfigurationWebSocketStreams(stream_url=socket),
    )


@contextmanager
def no_complaints() -> Iterator[None]:
    """Fail when the SDK complained of anything it received.

    Where a strict model does not accept an answer the SDK logs a warning, loosens the model for the rest of
    the process, and hands out what it got: without the log nobody would notice.
    """
    said = _Said()
    root = logging.getLogger()
    root.addHandler(said)
    try:
        yield
    finally:
        root.removeHandler(said)
    assert said.messages == []


class _Said(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage())


@dataclass
class Deviations:
    """Where answers differ from the documented ones: `path` absent, or `path` unknown to the model."""

    absent: set[str] = field(default_factory=set)
    unknown: set[str] = field(default_factory=set)

    def note(self, name: str, answer: object) -> None:
        """Compare one parsed answer, and everything inside it, with the fields of its model."""
        match answer:
            case list():
                for part in answer:
                    self.note(name, part)
            case BaseModel():
                inner = getattr(answer, "actual_instance", None)
                if inner is None:
                    self._fields(name, answer)
                else:
                    self.note(name, inner)
            case _:
                pass

    def _fields(self, name: str, answer: BaseModel) -> None:
        extra = getattr(answer, "additional_properties", None) or {}
        self.unknown |= {f"{name}.{key}" for key in extra}
        for key, description in type(answer).model_fields.items():
            if key == "additional_properties":
                continue
            path, value = f"{name}.{description.alias or key}", getattr(answer, key)
            if value is None:
                self.absent.add(path)
            else:
                self.note(path, value)
