"""What the words of an error prove about an order."""

import ccxt
import pytest

from app.adapters.exchange.error_map import DEFINITE, outcome_of_order, read_error
from app.domain.venue import Refused, Unknown

UNCLEAR = '{"code":-1000,"msg":"Unknown error, please check your request or try again later."}'


def coded(code: int) -> str:
    return f'binanceusdm {{"code":{code},"msg":"what the venue says"}}'


@pytest.mark.parametrize("code", sorted(DEFINITE))
def test_code_on_the_list_is_a_refusal_for_good(code: int) -> None:
    assert outcome_of_order(ccxt.ExchangeError(coded(code))) == Refused(str(code), "what the venue says")


@pytest.mark.parametrize("code", [-1003, -1008, -1015, -1021])
def test_refusal_that_says_nothing_of_the_order_is_for_now(code: int) -> None:
    found = outcome_of_order(ccxt.ExchangeError(coded(code)))
    assert found == Refused(str(code), "what the venue says", retryable=True)


def test_id_in_use_says_that_the_order_is_there() -> None:
    found = outcome_of_order(ccxt.ExchangeError(coded(-4116)))
    assert found == Refused("-4116", "what the venue says", already_there=True)


@pytest.mark.parametrize(
    "error",
    [
        ccxt.OperationFailed(UNCLEAR),
        ccxt.RequestTimeout("binanceusdm POST"),
        ccxt.RequestTimeout(coded(-1007)),
        ccxt.ExchangeNotAvailable("binanceusdm POST Server disconnected"),
        ccxt.NetworkError("reset"),
        ccxt.ExchangeError(coded(-1001)),
        ccxt.ExchangeError(coded(-9999)),
        ccxt.InvalidOrder("a class alone proves nothing"),
        ccxt.OrderNotFound(coded(-2013)),
        ccxt.BadResponse("<html>"),
        ConnectionResetError("peer"),
        TimeoutError(),
    ],
    ids=repr,
)
def test_everything_else_is_unknown(error: BaseException) -> None:
    assert isinstance(outcome_of_order(error), Unknown)


def test_venue_that_is_busy_and_says_not_executed_refuses_for_now() -> None:
    found = outcome_of_order(ccxt.OperationFailed('{"code":-1000,"msg":"Service Unavailable."}'))
    assert found == Refused("503", "Service Unavailable.", retryable=True)


def test_rate_limit_without_a_code_is_for_now() -> None:
    found = outcome_of_order(ccxt.RateLimitExceeded("429 Too Many Requests"))
    assert found == Refused("rate_limit", "429 Too Many Requests", retryable=True)


def test_addresses_and_signatures_are_left_out() -> None:
    error = ccxt.NetworkError("POST https://fapi.test/fapi/v1/order?signature=abc123&x=1 apiKey: k3y lost")
    text = str(read_error(error))
    assert "lost" in text
    assert not [word for word in ("fapi.test", "abc123", "k3y") if word in text]


def test_error_without_words_is_named() -> None:
    assert str(read_error(TimeoutError())) == "TimeoutError"
