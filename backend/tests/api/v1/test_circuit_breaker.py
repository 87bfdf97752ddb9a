"""Pause and resume over HTTP."""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

import httpx
import pytest

from app.core.clock import utc_now
from app.schemas.circuit_breaker import BreakerStatus, KillSwitchPreview, KillSwitchReceipt
from tests.api.desk_world import Person, World

STATUS, PAUSE, RESUME, KILL = (
    f"/circuit-breaker/{name}" for name in ("status", "pause", "resume", "kill-switch")
)
ADMIN = "/admin/circuit-breaker"
ACKNOWLEDGED = {"acknowledge": True}


async def status(http: httpx.AsyncClient, person: Person) -> BreakerStatus:
    return BreakerStatus.model_validate_json((await http.get(STATUS, headers=person.headers)).content)


async def halt(world: World, scope: str, scope_id: str, user_id: UUID | None, state: str = "halted") -> None:
    await world.insert(
        "breaker_states",
        scope=scope,
        scope_id=scope_id,
        user_id=user_id,
        state=state,
        reason="Drill.",
        changed_by="operator",
    )


async def paused_in_settings(world: World, person: Person) -> bool | None:
    paused: bool | None = await world.sql.fetchval(
        "SELECT trading_paused FROM risk_settings WHERE user_id = $1", person.user_id
    )
    return paused


@pytest.mark.parametrize(
    ("method", "path", "body"), [("GET", STATUS, None), ("POST", PAUSE, {}), ("POST", RESUME, ACKNOWLEDGED)]
)
async def test_breaker_anonymous_is_refused(
    http: httpx.AsyncClient, method: str, path: str, body: dict[str, bool] | None
) -> None:
    assert (await http.request(method, path, json=body)).status_code == 401


async def test_status_without_any_pause_is_active(http: httpx.AsyncClient, alice: Person) -> None:
    held = await status(http, alice)
    assert (held.state, held.reason, held.until) == ("active", None, None)
    assert [(wallet.wallet_id, wallet.state) for wallet in held.wallets] == [(alice.wallet_id, "active")]


async def test_pause_stops_the_user_and_every_wallet(
    http: httpx.AsyncClient, world: World, alice: Person
) -> None:
    answer = await http.post(PAUSE, json={"reason": "Lunch."}, headers=alice.headers)
    held = BreakerStatus.model_validate_json(answer.content)
    assert (held.state, held.reason, held.changed_by) == ("reduce_only", "Lunch.", "user")
    assert held.wallets[0].state == "reduce_only"
    assert await paused_in_settings(world, alice) is True
    actions = await world.sql.fetch("SELECT action FROM audit_log WHERE user_id = $1", alice.user_id)
    assert [row["action"] for row in actions] == ["trading_paused"]


async def test_pause_leaves_other_tenants_alone(http: httpx.AsyncClient, alice: Person, bob: Person) -> None:
    await http.post(PAUSE, json={}, headers=alice.headers)
    assert (await status(http, bob)).state == "active"


async def test_pause_of_one_wallet_leaves_the_user_active(
    http: httpx.AsyncClient, world: World, alice: Person
) -> None:
    await http.post(PAUSE, json={"wallet_id": str(alice.wallet_id)}, headers=alice.headers)
    held = await status(http, alice)
    assert (held.state, held.wallets[0].state) == ("active", "reduce_only")
    assert await paused_in_settings(world, alice) is None


@pytest.mark.parametrize("path", [PAUSE, RESUME])
async def test_breaker_of_another_tenants_wallet_is_not_found(
    http: httpx.AsyncClient, alice: Person, bob: Person, path: str
) -> None:
    body = {"wallet_id": str(bob.wallet_id)} | (ACKNOWLEDGED if path == RESUME else {})
    answer = await http.post(path, json=body, headers=alice.headers)
    assert answer.status_code == 404
    assert (await status(http, bob)).wallets[0].state == "active"


async def test_resume_lets_entries_pass_again(http: httpx.AsyncClient, world: World, alice: Person) -> None:
    await http.post(PAUSE, json={}, headers=alice.headers)
    answer = await http.post(RESUME, json=ACKNOWLEDGED, headers=alice.headers)
    assert BreakerStatus.model_validate_json(answer.content).state == "active"
    assert await paused_in_settings(world, alice) is False


@pytest.mark.parametrize("body", [{}, {"acknowledge": False}, {"acknowledge": "yes, please"}])
async def test_resume_without_acknowledgement_is_refused(
    http: httpx.AsyncClient, alice: Person, body: dict[str, object]
) -> None:
    await http.post(PAUSE, json={}, headers=alice.headers)
    assert (await http.post(RESUME, json=body, headers=alice.headers)).status_code == 422
    assert (await status(http, alice)).state == "reduce_only"


async def test_pause_whose_end_has_come_counts_as_active(
    http: httpx.AsyncClient, world: World, alice: Person
) -> None:
    until = (utc_now() + timedelta(hours=1)).isoformat()
    answer = await http.post(PAUSE, json={"until": until}, headers=alice.headers)
    assert answer.json()["state"] == "reduce_only"
    await world.sql.execute(
        "UPDATE breaker_states SET until = now() - interval '1 second' WHERE user_id = $1", alice.user_id
    )
    assert (await status(http, alice)).state == "active"


@pytest.mark.parametrize(
    ("first", "then", "held"),
    [(None, 1, None), (2, 1, 2), (1, 2, 2), (1, None, None)],
)
async def test_a_shorter_pause_does_not_end_a_longer_one(
    http: httpx.AsyncClient,
    world: World,
    alice: Person,
    first: int | None,
    then: int | None,
    held: int | None,
) -> None:
    """Hours from now, None for one without an end: to end it sooner is a resume, which asks who sits there."""
    now = utc_now()
    ends = {hours: now + timedelta(hours=hours) for hours in (1, 2)}
    for hours in (first, then):
        body = {} if hours is None else {"until": ends[hours].isoformat()}
        answer = await http.post(PAUSE, json=body, headers=alice.headers)
        assert answer.json()["state"] == "reduce_only"
    stands = await status(http, alice)
    assert (stands.state, stands.until) == ("reduce_only", None if held is None else ends[held])
    assert bool(await paused_in_settings(world, alice)) is (held is None)


async def test_pause_until_a_past_moment_is_refused(http: httpx.AsyncClient, alice: Person) -> None:
    past: datetime = utc_now() - timedelta(seconds=1)
    answer = await http.post(PAUSE, json={"until": past.isoformat()}, headers=alice.headers)
    assert answer.status_code == 422
    assert (await status(http, alice)).state == "active"


async def test_resume_is_refused_while_the_platform_is_halted(
    http: httpx.AsyncClient, world: World, alice: Person
) -> None:
    await http.post(PAUSE, json={}, headers=alice.headers)
    await halt(world, "platform", "platform", None)
    try:
        assert (await status(http, alice)).state == "halted"
        answer = await http.post(RESUME, json=ACKNOWLEDGED, headers=alice.headers)
        assert (answer.status_code, answer.json()["code"]) == (409, "halted_by_platform")
    finally:
        await world.sql.execute("DELETE FROM breaker_states WHERE scope = 'platform'")
    assert (await status(http, alice)).state == "reduce_only"


async def test_pause_does_not_loosen_a_halt(http: httpx.AsyncClient, world: World, alice: Person) -> None:
    await halt(world, "user", str(alice.user_id), alice.user_id)
    answer = await http.post(PAUSE, json={}, headers=alice.headers)
    assert (answer.status_code, answer.json()["state"]) == (200, "halted")


async def test_resume_begins_the_count_of_losses_in_a_row_anew_for_that_tenant_alone(
    http: httpx.AsyncClient, world: World, alice: Person, bob: Person
) -> None:
    for person in (alice, bob):
        await world.sql.execute(
            "INSERT INTO risk_state (user_id, environment, consecutive_losses) VALUES ($1, 'paper', 3)"
            " ON CONFLICT (user_id, environment, wallet_id) DO UPDATE SET consecutive_losses = 3",
            person.user_id,
        )
        await world.sql.execute(
            "INSERT INTO risk_usage (user_id, environment, scope, scope_key, consecutive_losses)"
            " VALUES ($1, 'paper', 'strategy', 'ema_trend', 3)",
            person.user_id,
        )
    assert (await http.post(RESUME, json=ACKNOWLEDGED, headers=alice.headers)).status_code == 200
    for table in ("risk_state", "risk_usage"):
        for person, left in ((alice, 0), (bob, 3)):
            found = await world.sql.fetchval(
                f"SELECT max(consecutive_losses) FROM {table} WHERE user_id = $1",  # noqa: S608
                person.user_id,
            )
            assert found == left, (table, left)


async def test_kill_switch_halts_at_once_and_stays_latched_until_it_is_flat(
    http: httpx.AsyncClient, world: World, alice: Person, bob: Person
) -> None:
    headers = alice.headers | {"Idempotency-Key": uuid4().hex}
    body = {"confirm": "CLOSE ALL", "reason": "Enough."}
    answer = await http.post(KILL, json=body, headers=headers)
    assert answer.status_code == 202, answer.text
    run = answer.json()
    assert (run["state"], run["flat_at"]) == ("halted", None)
    held = await status(http, alice)
    assert (held.state, held.reason, held.cause) == ("halted", "Enough.", "kill_switch")
    assert held.kill_switch is not None
    assert str(held.kill_switch.id) == run["id"]
    assert (await status(http, bob)).state == "active"
    repeated = await http.post(KILL, json=body, headers=headers)
    assert repeated.json() == run
    pressed_again = await http.post(KILL, json=body, headers=alice.headers | {"Idempotency-Key": uuid4().hex})
    assert pressed_again.json()["id"] == run["id"]
    refused = await http.post(RESUME, json=ACKNOWLEDGED, headers=alice.headers)
    assert (refused.status_code, refused.json()["code"]) == (409, "kill_switch_not_flat")
    await world.sql.execute("UPDATE kill_switch_runs SET flat_at = now() WHERE id = $1", UUID(run["id"]))
    assert (await http.post(RESUME, json=ACKNOWLEDGED, headers=alice.headers)).status_code == 200
    assert (await status(http, alice)).state == "active"


@pytest.mark.parametrize("body", [{}, {"confirm": "yes"}, {"confirm": "close all"}])
async def test_kill_switch_without_its_phrase_does_nothing(
    http: httpx.AsyncClient, alice: Person, body: dict[str, str]
) -> None:
    answer = await http.post(KILL, json=body, headers=alice.headers | {"Idempotency-Key": uuid4().hex})
    assert answer.status_code == 422
    assert (await status(http, alice)).state == "active"


async def test_preview_lists_what_would_be_closed_and_says_what_it_could_not_learn(
    http: httpx.AsyncClient, world: World, alice: Person, bob: Person
) -> None:
    trade_id = await world.trade(alice)
    await world.stop_order(alice, trade_id, 1)
    await world.trade(bob)
    answer = await http.get("/circuit-breaker/preview", headers=alice.headers)
    assert answer.status_code == 200, answer.text
    preview = KillSwitchPreview.model_validate_json(answer.content)
    assert [held.trade_id for held in preview.positions] == [trade_id]
    assert [order.action for order in preview.orders] == ["keep_until_flat"]
    assert preview.external_unknown == [alice.wallet_id]  # its venue is not there
    assert (await status(http, alice)).state == "active"


async def test_receipt_tells_every_step_and_every_position(
    http: httpx.AsyncClient, world: World, alice: Person
) -> None:
    run_id = await world.kill_switch_run(alice)
    closed = await world.closed_trade(alice, utc_now(), exit_reason="kill_switch")
    await world.insert(
        "kill_switch_positions",
        run_id=run_id,
        user_id=alice.user_id,
        wallet_id=alice.wallet_id,
        symbol="BTC/USDT:USDT",
        is_external=False,
        trade_id=closed,
        side="long",
        quantity=0.5,
    )
    answer = await http.get(f"/circuit-breaker/receipts/{run_id}", headers=alice.headers)
    receipt = KillSwitchReceipt.model_validate_json(answer.content)
    assert receipt.state == "flat"
    (outcome,) = receipt.positions
    assert (outcome.outcome, outcome.exit_reason, outcome.exit_price) == ("closed", "kill_switch", "40200")


async def test_an_operator_stops_one_user_whom_only_an_operator_lets_go_on(
    http: httpx.AsyncClient, world: World, alice: Person, bob: Person
) -> None:
    admin = await world.person()
    await world.sql.execute("UPDATE users SET role = 'admin' WHERE id = $1", admin.user_id)
    scope = {"scope": "user", "scope_id": str(alice.user_id)}
    answer = await http.post(f"{ADMIN}/pause", json=scope | {"reason": "Ask us."}, headers=admin.headers)
    assert answer.status_code == 200, answer.text
    held = await status(http, alice)
    assert (held.state, held.reason, held.changed_by) == ("reduce_only", "Ask us.", "operator")
    assert (await status(http, bob)).state == "active"
    refused = await http.post(RESUME, json=ACKNOWLEDGED, headers=alice.headers)
    assert (refused.status_code, refused.json()["code"]) == (409, "stopped_by_operator")
    await http.post(f"{ADMIN}/resume", json=scope | ACKNOWLEDGED, headers=admin.headers)
    assert (await status(http, alice)).state == "active"
    actions = await world.sql.fetch("SELECT action FROM audit_log WHERE user_id = $1", admin.user_id)
    assert [row["action"] for row in actions] == ["operator_paused", "operator_resumed"]


async def test_an_operator_previews_and_kills_a_user(
    http: httpx.AsyncClient, world: World, alice: Person
) -> None:
    admin = await world.person()
    await world.sql.execute("UPDATE users SET role = 'admin' WHERE id = $1", admin.user_id)
    trade_id = await world.trade(alice)
    scope = {"scope": "user", "scope_id": str(alice.user_id)}
    preview = await http.get(f"{ADMIN}/preview", params=scope, headers=admin.headers)
    assert [held["trade_id"] for held in preview.json()["positions"]] == [str(trade_id)]
    run = await http.post(
        f"{ADMIN}/kill-switch",
        json=scope | {"confirm": "CLOSE ALL", "reason": "Drill."},
        headers=admin.headers | {"Idempotency-Key": uuid4().hex},
    )
    assert run.status_code == 202, run.text
    receipt = await http.get(f"{ADMIN}/receipts/{run.json()['id']}", headers=admin.headers)
    assert receipt.json()["requested_by"] == "operator"
    assert (await status(http, alice)).state == "halted"


async def test_history_tells_what_the_owner_did_newest_first_and_nobody_elses(
    http: httpx.AsyncClient, alice: Person, bob: Person
) -> None:
    await http.post("/circuit-breaker/pause", json={"reason": "lunch"}, headers=alice.headers)
    await http.post("/circuit-breaker/resume", json={"acknowledge": True}, headers=alice.headers)
    told = (await http.get("/circuit-breaker/history", headers=alice.headers)).json()["items"]
    own = [(event["kind"], event["reason"]) for event in told if event["scope_id"] == str(alice.user_id)]
    assert own == [("resumed", "Resumed by you."), ("paused", "lunch")]
    others = (await http.get("/circuit-breaker/history", headers=bob.headers)).json()["items"]
    assert str(alice.user_id) not in {event["scope_id"] for event in others}


PERIOD = {"since": "2025-10-10T00:00:00Z", "until": "2025-10-11T00:00:00Z"}


async def test_the_report_tells_an_administrator_what_tripped_in_the_period_and_escapes_reasons(
    http: httpx.AsyncClient, world: World, alice: Person, bob: Person
) -> None:
    await world.sql.execute("UPDATE users SET role = 'admin' WHERE id = $1", bob.user_id)
    for reason, at in (
        ("Lost <b>5 %</b>.", "2025-10-10T21:00:00Z"),
        ("The day before.", "2025-10-09T21:00:00Z"),
    ):
        await world.insert(
            "breaker_events",
            user_id=alice.user_id,
            scope="user",
            scope_id=str(alice.user_id),
            environment="paper",
            cause="daily_loss",
            kind="tripped",
            reason=reason,
            changed_by="automatic",
            market_time=datetime.fromisoformat(at),
        )
    answer = await http.get(f"{ADMIN}/report", params=PERIOD, headers=bob.headers)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert "Lost &lt;b&gt;5 %&lt;/b&gt;." in answer.text
    assert "The day before." not in answer.text


async def test_the_report_is_for_administrators_and_for_a_month_at_most(
    http: httpx.AsyncClient, world: World, alice: Person, bob: Person
) -> None:
    await world.sql.execute("UPDATE users SET role = 'admin' WHERE id = $1", bob.user_id)
    assert (await http.get(f"{ADMIN}/report", params=PERIOD)).status_code == 401
    assert (await http.get(f"{ADMIN}/report", params=PERIOD, headers=alice.headers)).status_code == 403
    long = PERIOD | {"until": "2025-11-10T00:00:01Z"}
    for params in (long, PERIOD | {"until": PERIOD["since"]}):
        refused = await http.get(f"{ADMIN}/report", params=params, headers=bob.headers)
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "until")
