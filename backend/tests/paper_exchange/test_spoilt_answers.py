"""Answers that arrive spoilt: the venue has carried the request out, and its client sees an empty body, half of the
text, or a page of something that stands between."""

from __future__ import annotations

import httpx
import pytest

from tests.paper_exchange.running import SYMBOL, Running, connect
from tests.plain_http import PLAIN

TIME, ORDER = "/fapi/v1/time", "/fapi/v1/order"


def arm(running: Running, mode: str, path: str, method: str, account: str | None = None) -> None:
    running.admin("fault", rules=[{"path": path, "method": method, "mode": mode, "account": account}])


@pytest.mark.parametrize(
    ("mode", "begins", "longest"),
    [("empty_exec", "", 0), ("cut_exec", '{"server', 15), ("page_exec", "<html>", 99)],
)
def test_spoilt_answer_is_an_empty_body_half_of_the_text_or_a_page(
    mode: str, begins: str, longest: int, shared_exchange: Running
) -> None:
    arm(shared_exchange, mode, TIME, "GET")
    answer = httpx.get(shared_exchange.base + TIME, verify=PLAIN)
    assert answer.status_code == 200
    assert answer.text.startswith(begins)
    assert len(answer.text) <= longest


@pytest.mark.parametrize("mode", ["empty_exec", "cut_exec", "page_exec"])
async def test_order_whose_answer_is_spoilt_is_there(mode: str, shared_exchange: Running) -> None:
    account = f"spoilt-{mode}"
    client = connect(shared_exchange.base, *shared_exchange.open_account(account))
    order = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.01"}
    arm(shared_exchange, mode, ORDER, "POST", account)
    answer = await client.fapiPrivatePostOrder(order | {"newClientOrderId": "lost"})
    assert not isinstance(answer, dict)
    found = await client.fetch_order(None, SYMBOL, {"clientOrderId": "lost"})
    await client.close()
    assert found["filled"] == 0.01
