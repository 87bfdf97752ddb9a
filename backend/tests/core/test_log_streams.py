"""Which stream a record belongs to."""

import pytest

from app.core.logging import stream_of


@pytest.mark.parametrize(
    ("logger", "stream"),
    [
        ("app.services.trading.executor", "trade"),
        ("app.services.trading.signals", "signal"),
        ("app.services.trading.risk_management", "risk"),
        ("app.services.circuit_breaker", "risk"),
        ("performance", "performance"),
        ("uvicorn.error", "system"),
    ],
)
def test_record_goes_to_the_stream_of_its_logger(logger: str, stream: str) -> None:
    assert stream_of(logger) == stream
