"""No secret reaches a log line, whichever way it was handed over."""

import json
import logging

import pytest
import structlog

from app.core.config import Settings
from app.core.logging import configure_logging, redact, redact_text

CANARY = "canary4f9d"


@pytest.mark.parametrize(
    "text",
    [
        f"redis://:{CANARY}@localhost:6379/0",
        f"postgresql+asyncpg://user:{CANARY}@db/main",
        f"Authorization: Bearer {CANARY}",
        f"GET /fapi/v1/order?symbol=X&timestamp=1&signature={CANARY}",
        f'{{"apiKey": "{CANARY}"}}',
        f"X-MBX-APIKEY: {CANARY}",
        f"password={CANARY}&x=1",
        f"eyJhbGciOiJIUzI1NiJ9.{CANARY}.sig-{CANARY}",
        f"/ws?listenKey={CANARY}",
    ],
)
def test_secrets_inside_text_are_taken_out(text: str) -> None:
    assert CANARY not in redact_text(text)


def test_values_under_a_secret_name_are_taken_out_at_any_depth() -> None:
    event = {"order": {"keys": [{"api_secret": CANARY}], "refresh_token": CANARY, "quantity": "1"}}

    cleaned = redact(event)

    assert CANARY not in json.dumps(cleaned)
    assert "quantity" in json.dumps(cleaned)


def test_what_is_no_secret_stays() -> None:
    assert redact({"key_last4": "9f3a", "symbol": "BTC/USDT:USDT", "n": 1, "none": None}) == {
        "key_last4": "9f3a",
        "symbol": "BTC/USDT:USDT",
        "n": 1,
        "none": None,
    }


@pytest.fixture
def _restored_logging() -> object:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield None
    root.handlers[:], root.level = handlers, level
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


@pytest.mark.usefixtures("_restored_logging")
def test_records_of_both_loggers_are_json_without_secrets(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(Settings(), "executor")
    try:
        int(f"token={CANARY}")
    except ValueError:
        structlog.get_logger("orders").exception("order failed", api_key=CANARY, wallet_id="w1")
    logging.getLogger("ccxt.base").warning("signature=%s", CANARY)

    lines = capsys.readouterr().out.splitlines()

    assert CANARY not in "".join(lines)
    first, second = (json.loads(line) for line in lines)
    assert (first["event"], first["wallet_id"], first["process"], first["level"]) == (
        "order failed",
        "w1",
        "executor",
        "error",
    )
    assert "ValueError" in first["exception"]
    assert second["logger"] == "ccxt.base"


@pytest.mark.usefixtures("_restored_logging")
def test_of_jobs_only_what_goes_wrong_is_written_down(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(Settings(), "jobs")
    worker = logging.getLogger("arq.worker")
    worker.info("  0.01s ← cron:beat ●")
    worker.error("  0.02s ! cron:beat failed")
    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line)["event"].endswith("failed")
