"""Limits of strategies and symbols, ready-made settings, and the declared limits over HTTP."""

from datetime import timedelta

import httpx
import pytest

from app.bootstrap.risk import apply_due_loosenings
from app.core.clock import utc_now
from app.core.db import Database
from app.domain.limit_table import LIMITS
from app.domain.profiles import PROFILES, ProfileName
from app.schemas.risk import RiskSettingsOut
from app.schemas.scoped_risk import Limits, Profiles, ScopedRiskSettingsList, ScopedRiskSettingsOut
from tests.api.answers import code
from tests.api.desk_world import Person

ANY = {"If-Match": "*"}
BTC = "/risk/scopes/symbol/BTC"


async def listed(http: httpx.AsyncClient, person: Person) -> list[ScopedRiskSettingsOut]:
    answer = await http.get("/risk/scopes", headers=person.headers)
    return ScopedRiskSettingsList.model_validate_json(answer.content).items


async def test_a_symbols_limits_are_set_loosened_and_taken_away(
    http: httpx.AsyncClient, alice: Person, system_database: Database, worker_database: Database
) -> None:
    headers = alice.headers | ANY
    made = await http.patch(BTC, json={"max_open_positions": 1, "max_daily_loss_usd": 100}, headers=headers)
    assert made.status_code == 200, made.text
    [held] = await listed(http, alice)
    assert (held.scope, held.key, held.max_open_positions) == ("symbol", "BTC/USDT:USDT", 1)
    body = {"max_open_positions": None, "max_daily_loss_usd": 50}
    changed = await http.patch(BTC, json=body, headers=alice.headers | {"If-Match": made.headers["ETag"]})
    assert (changed.json()["max_open_positions"], changed.json()["max_daily_loss_usd"]) == (1, "50")
    assert [change["setting"] for change in changed.json()["pending"]] == ["max_open_positions"]
    await apply_due_loosenings(system_database, worker_database, lambda: utc_now() + timedelta(days=1))
    [held] = await listed(http, alice)
    assert (held.max_open_positions, held.pending) == (None, [])


async def test_a_scope_without_an_opinion_is_not_listed(http: httpx.AsyncClient, alice: Person) -> None:
    await http.patch(BTC, json={"trading_paused": False}, headers=alice.headers | ANY)
    assert await listed(http, alice) == []


async def test_pausing_a_strategy_acts_at_once_both_ways(http: httpx.AsyncClient, alice: Person) -> None:
    for paused in (True, False):
        path = "/risk/scopes/strategy/ema_trend"
        answer = await http.patch(path, json={"trading_paused": paused}, headers=alice.headers | ANY)
        assert answer.json()["trading_paused"] is paused


async def test_scopes_of_another_tenant_are_not_listed(
    http: httpx.AsyncClient, alice: Person, bob: Person
) -> None:
    await http.patch(BTC, json={"max_leverage": 2}, headers=bob.headers | ANY)
    assert await listed(http, alice) == []


@pytest.mark.parametrize(
    ("path", "status", "expected"),
    [
        ("/risk/scopes/strategy/martingale", 404, "not_found"),
        ("/risk/scopes/symbol/BTCUSD_251226", 422, "unknown_symbol"),
        ("/risk/scopes/planet/BTC", 422, "invalid_input"),
    ],
)
async def test_a_scope_that_does_not_exist_is_refused(
    http: httpx.AsyncClient, alice: Person, path: str, status: int, expected: str
) -> None:
    answer = await http.patch(path, json={"max_leverage": 2}, headers=alice.headers | ANY)
    assert code(answer) == (status, expected)


async def test_a_scopes_incoherent_limits_are_named(http: httpx.AsyncClient, alice: Person) -> None:
    body = {"max_daily_loss_percent": 11, "max_weekly_loss_percent": 10}
    answer = await http.patch(BTC, json=body, headers=alice.headers | ANY)
    assert code(answer) == (422, "limits_not_coherent")
    [error] = answer.json()["errors"]
    assert (error["field"], error["limit"], error["value"]) == ("max_daily_loss_percent", "10", "11")


async def test_a_scopes_change_of_an_older_version_is_refused(http: httpx.AsyncClient, alice: Person) -> None:
    made = await http.patch(BTC, json={"max_leverage": 5}, headers=alice.headers | ANY)
    old = alice.headers | {"If-Match": made.headers["ETag"]}
    await http.patch(BTC, json={"max_leverage": 4}, headers=old)
    assert code(await http.patch(BTC, json={"max_leverage": 3}, headers=old)) == (412, "version_mismatch")
    assert code(await http.patch(BTC, json={}, headers=alice.headers)) == (428, "if_match_required")


async def test_every_declared_limit_is_listed(http: httpx.AsyncClient, alice: Person) -> None:
    answer = await http.get("/risk/limits", headers=alice.headers)
    items = Limits.model_validate_json(answer.content).items
    assert [item.name for item in items] == [declared.name for declared in LIMITS]
    daily = next(item for item in items if item.name == "max_daily_loss_percent")
    assert (daily.unit, daily.refuses, daily.greatest, daily.resets) == ("percent", "at", "100", "day")


async def test_every_settable_limit_is_a_field_of_the_settings() -> None:
    settable = {declared.setting for declared in LIMITS if declared.setting is not None}
    assert settable <= set(RiskSettingsOut.model_fields)


async def test_profiles_are_listed_with_all_their_settings(http: httpx.AsyncClient, alice: Person) -> None:
    answer = await http.get("/risk/profiles", headers=alice.headers)
    items = Profiles.model_validate_json(answer.content).items
    assert [item.name for item in items] == list(PROFILES)
    held = set(RiskSettingsOut.model_fields) - {"version", "updated_at", "pending", "trading_paused"}
    assert all(set(item.settings) == held for item in items)
    assert [item.name for item in items if item.needs_consent] == [ProfileName.UNRESTRICTED]


async def test_a_profile_tightens_at_once_and_loosens_later(http: httpx.AsyncClient, alice: Person) -> None:
    answer = await http.post("/risk/profiles/conservative/apply", json={}, headers=alice.headers | ANY)
    held = RiskSettingsOut.model_validate_json(answer.content)
    assert (held.max_open_risk_percent, held.max_trades_per_day) == ("5", 10)
    assert (held.max_open_positions, {one.setting: one.value for one in held.pending}) == (
        5,
        {"max_open_positions": "10"},
    )


async def test_unrestricted_needs_the_typed_consent(http: httpx.AsyncClient, alice: Person) -> None:
    path, headers = "/risk/profiles/unrestricted/apply", alice.headers | ANY
    refused = await http.post(path, json={"consent": "yes"}, headers=headers)
    assert code(refused) == (422, "consent_required")
    assert len(refused.json()["errors"]) > 10
    answer = await http.post(path, json={"consent": "NO LIMIT"}, headers=headers)
    held = RiskSettingsOut.model_validate_json(answer.content)
    assert (answer.status_code, held.max_daily_loss_usd) == (200, "500")
    assert {one.setting: one.value for one in held.pending}["max_daily_loss_usd"] is None
