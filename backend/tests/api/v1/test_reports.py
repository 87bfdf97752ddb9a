"""Reports over the API: nobody's but one's own, documents as files, refusals that name what was refused."""

import httpx
import pytest

from app.schemas.report import ReportOut, ReportScheduleOut, ReportsOut
from tests.api.desk_world import NOON, Person, World

OCTOBER = {"environment": "paper", "month": "2025-10"}


async def held(world: World, person: Person) -> str:
    """A finished report of September."""
    return str((await world.things(person, await world.closed_trade(person, NOON)))[3])


async def test_a_report_is_asked_for_and_followed(http: httpx.AsyncClient, alice: Person) -> None:
    asked = await http.post(
        "/reports", json=OCTOBER | {"wallet_id": str(alice.wallet_id)}, headers=alice.headers
    )
    assert asked.status_code == 202, asked.text
    view = ReportOut.model_validate(asked.json())
    assert (view.status, view.month, view.wallet, view.wallet_id) == (
        "waiting",
        "2025-10",
        "Main",
        alice.wallet_id,
    )
    followed = await http.get(f"/reports/{view.id}", headers=alice.headers)
    assert ReportOut.model_validate(followed.json()) == view
    listed = ReportsOut.model_validate((await http.get("/reports", headers=alice.headers)).json())
    assert [one.id for one in listed.items] == [view.id]
    early = await http.get(f"/reports/{view.id}/file", headers=alice.headers)
    assert (early.status_code, early.json()["code"]) == (409, "report_not_ready")
    ended = await http.delete(f"/reports/{view.id}", headers=alice.headers)
    assert ended.json()["status"] == "cancelled"


@pytest.mark.parametrize(
    ("form", "media", "content"),
    [("html", "text/html; charset=utf-8", b"<p>September</p>"), ("pdf", "application/pdf", b"%PDF-")],
)
async def test_a_document_comes_as_a_file_that_no_browser_runs(
    http: httpx.AsyncClient, world: World, alice: Person, form: str, media: str, content: bytes
) -> None:
    report_id = await held(world, alice)
    answer = await http.get(f"/reports/{report_id}/file", params={"format": form}, headers=alice.headers)
    assert (answer.status_code, answer.content) == (200, content)
    assert answer.headers["content-type"] == media
    assert answer.headers["content-disposition"] == (
        f'attachment; filename="stackalpha-report-2025-09-paper.{form}"'
    )
    assert answer.headers["content-security-policy"].startswith("sandbox;")


@pytest.mark.parametrize("path", ["", "/file"])
async def test_a_stranger_and_another_tenant_get_no_report(
    http: httpx.AsyncClient, world: World, alice: Person, bob: Person, path: str
) -> None:
    report_id = await held(world, bob)
    assert (await http.get(f"/reports/{report_id}{path}")).status_code == 401
    answer = await http.get(f"/reports/{report_id}{path}", headers=alice.headers)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert (await http.get("/reports", headers=alice.headers)).json()["items"] == []
    assert (await http.delete(f"/reports/{report_id}", headers=alice.headers)).status_code == 404
    assert (await http.get(f"/reports/{report_id}", headers=bob.headers)).json()["status"] == "done"


async def test_another_tenants_wallet_is_not_found(
    http: httpx.AsyncClient, alice: Person, bob: Person
) -> None:
    scope = {"environment": "paper", "wallet_id": str(bob.wallet_id)}
    asked = await http.post("/reports", json=OCTOBER | scope, headers=alice.headers)
    assert (asked.status_code, asked.json()["code"]) == (404, "not_found")
    switched = await http.put("/reports/schedule", json={"scopes": [scope]}, headers=alice.headers)
    assert (switched.status_code, switched.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"month": "2099-01"}, "range_in_future"),
        ({"month": "2008-12"}, "invalid_range"),
        ({"month": "2025-13"}, "invalid_input"),
        ({"environment": "both"}, "invalid_input"),
        ({"send": True}, "mail_unavailable"),
    ],
)
async def test_what_cannot_be_reported_is_refused_in_words(
    http: httpx.AsyncClient, alice: Person, change: dict[str, object], code: str
) -> None:
    answer = await http.post("/reports", json=OCTOBER | change, headers=alice.headers)
    assert (answer.status_code in (409, 422), answer.json()["code"]) == (True, code), answer.text
    assert (await http.get("/reports", headers=alice.headers)).json()["items"] == []


async def test_a_schedule_is_off_until_it_is_switched_on(http: httpx.AsyncClient, alice: Person) -> None:
    assert (await http.get("/reports/schedule")).status_code == 401
    first = ReportScheduleOut.model_validate(
        (await http.get("/reports/schedule", headers=alice.headers)).json()
    )
    assert first.scopes == []
    assert first.not_mailed == "This deployment sends no mail: reports are kept here."
    scope = {"environment": "paper", "wallet_id": None}
    on = await http.put("/reports/schedule", json={"scopes": [scope, scope]}, headers=alice.headers)
    assert on.json()["scopes"] == [scope]
    off = await http.put("/reports/schedule", json={"scopes": []}, headers=alice.headers)
    assert off.json()["scopes"] == []
