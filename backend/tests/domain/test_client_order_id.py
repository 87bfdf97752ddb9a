import re
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.client_order_id import (
    MAX_ATTEMPT,
    ClientOrderId,
    client_order_id,
    is_of_deployment,
    parse_client_order_id,
)
from app.domain.types import OrderLeg

_deployments = st.from_regex(r"[a-z0-9]{2}", fullmatch=True)
_parts = st.builds(
    ClientOrderId, _deployments, st.uuids(), st.sampled_from(OrderLeg), st.integers(0, MAX_ATTEMPT)
)


@given(_parts)
def test_an_id_is_32_characters_of_the_venues_charset_and_reads_back(parts: ClientOrderId) -> None:
    text = client_order_id(parts.deployment, parts.trade_id, parts.leg, parts.attempt)
    assert len(text) == 32
    assert re.fullmatch(r"[.A-Z:/a-z0-9_-]{1,36}", text)
    assert parse_client_order_id(text) == parts
    assert is_of_deployment(text, parts.deployment)


@given(a=_parts, b=_parts)
def test_different_orders_have_different_ids(a: ClientOrderId, b: ClientOrderId) -> None:
    texts = {client_order_id(p.deployment, p.trade_id, p.leg, p.attempt) for p in (a, b)}
    assert (len(texts) == 1) is (a == b)


def test_the_form_is_stable() -> None:
    trade = UUID("00000000-0000-0000-0000-000000000001")
    assert client_order_id("d1", trade, OrderLeg.STOP, 37) == "xd1" + "a" * 25 + "b" + "s" + "11"


@pytest.mark.parametrize("deployment", ["", "d", "D1", "d1x", "d-", "é1"])
def test_a_deployment_of_another_form_is_an_error(deployment: str) -> None:
    with pytest.raises(ValueError, match="deployment"):
        client_order_id(deployment, UUID(int=1), OrderLeg.ENTRY, 1)


@pytest.mark.parametrize("attempt", [-1, MAX_ATTEMPT + 1])
def test_an_attempt_out_of_range_is_an_error(attempt: int) -> None:
    with pytest.raises(ValueError, match="attempt"):
        client_order_id("d1", UUID(int=1), OrderLeg.ENTRY, attempt)


@pytest.mark.parametrize(
    "text", ["", "web_abc", "x-HNA2TXFJ1234", "xd1" + "7" * 26 + "e01", "xd1" + "a" * 26 + "q01", "x" * 32]
)
def test_somebody_elses_id_is_not_ours(text: str) -> None:
    assert parse_client_order_id(text) is None
    assert not is_of_deployment(text, "d1")


def test_another_deployments_id_is_not_of_this_one() -> None:
    assert not is_of_deployment(client_order_id("d2", UUID(int=1), OrderLeg.EXIT, 1), "d1")


def test_the_largest_trade_id_reads_back_and_what_is_beyond_it_is_not_ours() -> None:
    largest = UUID(int=2**128 - 1)
    text = client_order_id("d1", largest, OrderLeg.EXIT, 1)
    assert text == "xd1" + "h" + "7" * 25 + "x01"
    assert parse_client_order_id(text) == ClientOrderId("d1", largest, OrderLeg.EXIT, 1)
    assert parse_client_order_id("xd1" + "i" + "a" * 25 + "x01") is None  # 2^128
