"""Auto-trading and the limits of one wallet over HTTP."""

import httpx
import pytest

from app.core.config import Settings
from app.schemas.risk import WalletRiskSettingsOut
from app.schemas.wallet import WalletOut
from tests.api.answers import code
from tests.api.desk_world import Person, World
from tests.api.wallets import opened


async def test_auto_trade_is_enabled_with_overrides_and_subscriptions(
    api: httpx.AsyncClient, alice: Person
) -> None:
    body = {
        "min_signal_confidence": 0.75,
        "enable_trailing_stop": True,
        "enable_scale_out": False,
        "strategies": ["ema_trend"],
        "symbols": ["eth", "BTCUSDT", "BTC/USDT:USDT"],
        "timeframes": ["1h"],
        "max_open_positions": 2,
    }
    path = f"/wallets/{alice.wallet_id}/auto-trade"
    answer = await api.post(f"{path}/enable", json=body, headers=alice.headers)
    assert answer.status_code == 200, answer.text
    wallet = WalletOut.model_validate_json(answer.content)
    assert wallet.auto_trade_enabled
    assert wallet.subscriptions.model_dump() == {
        "strategies": ["ema_trend"],
        "symbols": ["ETH/USDT:USDT", "BTC/USDT:USDT"],
        "timeframes": ["1h"],
    }
    assert (wallet.overrides.min_signal_confidence, wallet.overrides.max_open_positions) == ("0.75", 2)
    assert (wallet.overrides.enable_trailing_stop, wallet.overrides.enable_scale_out) == (True, False)
    off = WalletOut.model_validate_json((await api.post(f"{path}/disable", headers=alice.headers)).content)
    assert not off.auto_trade_enabled
    assert off.subscriptions == wallet.subscriptions


async def test_auto_trade_without_choices_takes_everything_that_is_followed(
    api: httpx.AsyncClient, settings: Settings, alice: Person
) -> None:
    answer = await api.post(f"/wallets/{alice.wallet_id}/auto-trade/enable", json={}, headers=alice.headers)
    subscriptions = answer.json()["subscriptions"]
    assert subscriptions["symbols"] == list(settings.feed_symbols)
    assert subscriptions["timeframes"] == list(settings.feed_timeframes)
    assert {"ema_trend", "donchian_breakout"} <= set(subscriptions["strategies"])


@pytest.mark.parametrize(
    ("body", "expected", "field"),
    [
        ({"symbols": ["BTC", "NOPE"]}, "unknown_symbol", "symbols.1"),
        ({"symbols": ["BTC/USD:BTC"]}, "unknown_symbol", "symbols.0"),
        ({"symbols": ["BTCUSDT_260327"]}, "unknown_symbol", "symbols.0"),
        ({"symbols": []}, "none_chosen", "symbols"),
        ({"strategies": ["astrology"]}, "unknown_strategy", "strategies.0"),
        ({"strategies": []}, "none_chosen", "strategies"),
        ({"timeframes": ["7m"]}, "unknown_timeframe", "timeframes.0"),
        ({"min_signal_confidence": "-0.1"}, "limits_not_coherent", "min_signal_confidence"),
        ({"max_daily_loss_usd": -1}, "limits_not_coherent", "max_daily_loss_usd"),
    ],
)
async def test_auto_trade_with_one_thing_wrong_changes_nothing(
    api: httpx.AsyncClient, alice: Person, body: dict[str, object], expected: str, field: str
) -> None:
    path = f"/wallets/{alice.wallet_id}"
    before = (await api.get(path, headers=alice.headers)).json()
    answer = await api.post(f"{path}/auto-trade/enable", json=body, headers=alice.headers)
    assert code(answer) == (422, expected)
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert (await api.get(path, headers=alice.headers)).json() == before


async def test_a_wallets_own_limits_are_changed_with_their_version(
    api: httpx.AsyncClient, world: World, alice: Person
) -> None:
    wallet_id = (await opened(api, alice)).json()["id"]
    path = f"/wallets/{wallet_id}/risk-settings"
    read = await api.get(path, headers=alice.headers)
    assert WalletRiskSettingsOut.model_validate_json(read.content).max_daily_loss_usd is None
    headers = alice.headers | {"If-Match": read.headers["ETag"]}
    changed = await api.patch(
        path, json={"max_daily_loss_usd": "150", "max_holding_minutes": 60}, headers=headers
    )
    assert (changed.json()["max_daily_loss_usd"], changed.json()["max_holding_minutes"]) == ("150", 60)
    assert code(await api.patch(path, json={"max_leverage": 2}, headers=headers)) == (412, "version_mismatch")
    anything = alice.headers | {"If-Match": "*"}
    for looser in ({"max_daily_loss_usd": None}, {"max_holding_minutes": 61}):
        answer = await api.patch(path, json=looser, headers=anything)
        assert (answer.json()["max_daily_loss_usd"], answer.json()["max_holding_minutes"]) == ("150", 60)
    waiting = {change["setting"]: change["value"] for change in answer.json()["pending"]}
    assert waiting == {"max_daily_loss_usd": None, "max_holding_minutes": "61"}
    tighter = await api.patch(path, json={"max_daily_loss_usd": 100}, headers=anything)
    assert tighter.json()["max_daily_loss_usd"] == "100"
    assert [change["setting"] for change in tighter.json()["pending"]] == ["max_holding_minutes"]
    left = await api.delete(f"{path}/pending/max_holding_minutes", headers=alice.headers)
    assert left.json()["pending"] == []
    assert code(await api.patch(path, json={}, headers=alice.headers)) == (428, "if_match_required")


@pytest.mark.parametrize(
    ("asked", "at_once"),
    [
        ({"enable_trailing_stop": False}, False),
        ({"enable_trailing_stop": True}, True),
        ({"trailing_stop_percent": "1.51"}, False),
        ({"trailing_stop_percent": "1.49"}, True),
        ({"trailing_activation_percent": "2.01"}, False),
        ({"fixed_amount_usd": "200.01"}, False),
        ({"fixed_amount_usd": "200"}, True),
        ({"position_sizing_method": "kelly"}, False),
        ({"position_sizing_method": "fixed_percent"}, True),
    ],
)
async def test_a_wallets_first_opinion_waits_where_it_loosens_what_its_user_said(
    api: httpx.AsyncClient, alice: Person, asked: dict[str, object], at_once: bool
) -> None:
    """A wallet's own value stands in the place of its user's, here the defaults': it limits nothing."""
    wallet_id = (await opened(api, alice)).json()["id"]
    headers = alice.headers | {"If-Match": "*"}
    answer = await api.patch(f"/wallets/{wallet_id}/risk-settings", json=asked, headers=headers)
    ((name, value),) = asked.items()
    held = answer.json()
    assert held[name] == (value if at_once else None)
    assert [change["setting"] for change in held["pending"]] == ([] if at_once else [name])
