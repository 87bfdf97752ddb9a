"""Calls to venues: what counts as an answer."""

import socket
import urllib.request

import ccxt
import pytest

from app.adapters.exchange.call_log import CallLog
from app.core.metrics import serve_metrics


def test_refusal_is_an_answer_and_a_lost_connection_is_not() -> None:
    log = CallLog()
    with log.timed("paper"):
        pass
    with pytest.raises(ccxt.InvalidOrder), log.timed("paper"):
        raise ccxt.InvalidOrder("too small")
    with pytest.raises(ccxt.RequestTimeout), log.timed("paper"):
        raise ccxt.RequestTimeout("nothing came")
    found = log.figures()["paper"]
    assert (found.calls, found.errors) == (3, 1)


def test_figures_are_served_to_prometheus() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = serve_metrics("127.0.0.1", port)
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
            text = answer.read().decode()
    finally:
        server.shutdown()
        server.server_close()
    assert 'stackalpha_venue_call_seconds_count{outcome="none",venue="paper"}' in text
