"""Every other REST answer of a trading session parses with the official SDK's strict models, field for field."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from binance_common.errors import BadRequestError

from tests.paper_exchange.conformance.judge import SYMBOL, Judge
from tests.paper_exchange.conformance.sdk import no_complaints
from tests.paper_exchange.running import Running

HOUR_MS = 3_600_000


def _buy(judge: Judge) -> None:
    judge.call("new_order", symbol=SYMBOL, side="BUY", type="MARKET", quantity=0.05)


def test_market_data(judge: Judge) -> None:
    for name in ("check_server_time", "test_connectivity", "exchange_information", "get_funding_rate_info"):
        judge.call(name)
    for asked in ({}, {"symbol": SYMBOL}):
        for name in (
            "mark_price",
            "ticker24hr_price_change_statistics",
            "symbol_price_ticker",
            "symbol_price_ticker_v2",
            "symbol_order_book_ticker",
        ):
            judge.call(name, **asked)
    for name in ("order_book", "recent_trades_list", "compressed_aggregate_trades_list"):
        judge.call(name, symbol=SYMBOL, limit=5)
    for name in ("kline_candlestick_data", "mark_price_kline_candlestick_data", "premium_index_kline_data"):
        assert len(judge.call(name, symbol=SYMBOL, interval="1m", limit=3)) == 3
    assert len(judge.call("index_price_kline_candlestick_data", pair=SYMBOL, interval="1m", limit=3)) == 3
    judge.call("get_funding_rate_history", symbol=SYMBOL, limit=5)
    judge.call("open_interest", symbol=SYMBOL)
    judge.call("open_interest_statistics", symbol=SYMBOL, period="5m", limit=2)


def test_a_funding_that_was_paid(tmp_path: Path) -> None:
    """Nine recorded hours from the first of 1970, of which the play begins with the third."""
    rows = [f"{hour * HOUR_MS},60000,60600,59400,60000,1000" for hour in range(9)]
    (tmp_path / "btcusdt_perp_1h_x.csv").write_text(
        "\n".join(["timestamp,open,high,low,close,volume", *rows])
    )
    replay = ["--feed", "replay", "--replay-dir", str(tmp_path), "--history-bars", "2", "--speed", "3600"]
    running = Running(tmp_path / "journal.sqlite", replay)
    running.start()
    try:
        running.admin("feed", paused=True, steps=4_000)
        judge = Judge(running, "reader")
        with no_complaints():
            (paid,) = judge.call("get_funding_rate_history", symbol=SYMBOL)
        assert (paid.funding_time, paid.rate_type) == (8 * HOUR_MS, "Regular")
        assert judge.complaints() == []
    finally:
        running.stop()


def _read_account(judge: Judge) -> None:
    for name in (
        "account_information_v3",
        "account_information_v2",
        "futures_account_balance_v3",
        "futures_account_balance_v2",
        "symbol_configuration",
        "futures_account_configuration",
        "notional_and_leverage_brackets",
        "get_current_position_mode",
        "get_current_multi_assets_mode",
        "query_user_rate_limit",
        "position_information_v3",
        "position_information_v2",
        "get_income_history",
    ):
        judge.call(name)
    judge.call("user_commission_rate", symbol=SYMBOL)
    judge.call("account_trade_list", symbol=SYMBOL)


def test_account_before_and_with_a_position(judge: Judge) -> None:
    _read_account(judge)
    judge.call("change_initial_leverage", symbol=SYMBOL, leverage=10)
    _buy(judge)
    judge.call("new_order", **judge.bid())
    _read_account(judge)


def test_conditional_orders(judge: Judge) -> None:
    def leave_with(kind: str, **more: object) -> Any:
        order = {"algo_type": "CONDITIONAL", "symbol": SYMBOL, "side": "SELL", "type": kind}
        return judge.call("new_algo_order", quantity=0.05, reduce_only="true", **order, **more)

    _buy(judge)
    stop = leave_with("STOP_MARKET", trigger_price=judge.price(0.99))
    trailing = leave_with("TRAILING_STOP_MARKET", callback_rate=1.0)
    for kind, factor in (("TAKE_PROFIT", 1.02), ("TAKE_PROFIT_MARKET", 1.02), ("STOP", 0.98)):
        limited = {} if kind.endswith("MARKET") else {"price": judge.price(factor)}
        leave_with(kind, trigger_price=judge.price(factor), **limited)
    judge.call("query_algo_order", algo_id=stop.algo_id)
    assert len(judge.call("current_all_algo_open_orders", symbol=SYMBOL)) == 5
    judge.call("cancel_algo_order", algo_id=trailing.algo_id)
    judge.call("query_all_algo_orders", symbol=SYMBOL)
    judge.call("cancel_all_algo_open_orders", symbol=SYMBOL)


def test_listen_key(judge: Judge) -> None:
    assert len(judge.call("start_user_data_stream").listen_key) == 64
    judge.call("keepalive_user_data_stream")
    judge.call("close_user_data_stream")


def test_refusal_carries_the_venues_code(judge: Judge) -> None:
    with pytest.raises(BadRequestError) as refused:
        judge.call("new_order", **judge.bid(2))
    assert refused.value.status_code == -4016
