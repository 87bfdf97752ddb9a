"""Notes, tags, ratings, screenshots and saved views over HTTP, and what is refused of them."""

import io
from collections.abc import Callable, Mapping
from functools import partial
from uuid import UUID

import httpx
import pytest
from PIL import Image

from tests.api.answers import code
from tests.api.desk_world import NOON, Person, World

ANY = {"If-Match": "*"}
FIFTY_MEGABYTES = 50 * 1024 * 1024


def picture(
    form: str = "PNG", size: tuple[int, int] = (40, 30), beside: Mapping[str, object] | None = None
) -> bytes:
    held = io.BytesIO()
    Image.new("RGB", size, "navy").save(held, form, **(beside or {}))
    return held.getvalue()


async def tag(http: httpx.AsyncClient, person: Person, trade_id: UUID, *tags: str) -> None:
    answer = await http.put(f"/trades/{trade_id}/tags", json={"tags": tags}, headers=person.headers)
    assert answer.status_code == 200, answer.text


async def test_a_formula_in_a_tag_is_refused_in_words(
    http: httpx.AsyncClient, world: World, alice: Person
) -> None:
    trade_id = await world.closed_trade(alice, NOON)
    answer = await http.put(f"/trades/{trade_id}/tags", json={"tags": ["=1+1"]}, headers=alice.headers)
    assert code(answer) == (422, "invalid_tag")
    assert "begins with a letter or a digit" in answer.json()["detail"]


async def test_a_note_keeps_its_text_as_it_was_typed(
    http: httpx.AsyncClient, world: World, alice: Person
) -> None:
    trade_id = await world.closed_trade(alice, NOON)
    empty = await http.get(f"/journal/trades/{trade_id}/note", headers=alice.headers)
    assert (empty.json(), empty.headers["etag"]) == (
        {"note": "", "tags": [], "rating": None, "version": 0},
        '"0"',
    )
    script = "# Late\n<script>alert(1)</script> [x](javascript:alert(1))"
    await tag(http, alice, trade_id, "fomo")
    body = {"note": script, "rating": 2}
    written = await http.patch(f"/journal/trades/{trade_id}/note", json=body, headers=alice.headers | ANY)
    assert written.json() == {"note": script, "tags": ["fomo"], "rating": 2, "version": 1}
    assert written.headers["content-type"] == "application/json"
    part = await http.patch(
        f"/journal/trades/{trade_id}/note", json={"rating": None}, headers=alice.headers | ANY
    )
    assert (part.json()["note"], part.json()["rating"]) == (script, None)
    stale = await http.patch(
        f"/journal/trades/{trade_id}/note", json={"note": "x"}, headers=alice.headers | {"If-Match": '"1"'}
    )
    assert code(stale) == (412, "version_mismatch")


@pytest.mark.parametrize(
    "body",
    [
        {"rating": 0},
        {"rating": 6},
        {"note": "x" * 20_001},
        {"note": "\x00"},
    ],
)
async def test_a_note_with_one_thing_wrong_is_refused(
    http: httpx.AsyncClient, world: World, alice: Person, body: dict[str, object]
) -> None:
    trade_id = await world.closed_trade(alice, NOON)
    answer = await http.patch(f"/journal/trades/{trade_id}/note", json=body, headers=alice.headers | ANY)
    assert code(answer) == (422, "invalid_input")


async def test_trades_are_found_by_their_tag(
    http: httpx.AsyncClient, world: World, alice: Person, bob: Person
) -> None:
    tagged, _ = await world.closed_trade(alice, NOON), await world.closed_trade(alice, NOON)
    foreign = await world.closed_trade(bob, NOON)
    for person, trade_id in ((alice, tagged), (bob, foreign)):
        await tag(http, person, trade_id, "fomo")
    found = await http.get("/trades", params={"status": "closed", "tag": "fomo"}, headers=alice.headers)
    assert [row["id"] for row in found.json()["items"]] == [str(tagged)]
    nothing = await http.get("/trades", params={"tag": "patience"}, headers=alice.headers)
    assert nothing.json() == {"items": [], "next_cursor": None}
    tags = await http.get("/journal/tags", headers=alice.headers)
    assert tags.json() == {"items": [{"tag": "fomo", "trades": 1}]}


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
async def test_a_screenshot_is_kept_without_what_was_beside_the_pixels(
    http: httpx.AsyncClient, world: World, alice: Person, form: str
) -> None:
    trade_id = await world.closed_trade(alice, NOON)
    exif = Image.Exif()
    exif[0x010E] = "<script>taken at home</script>"
    beside: dict[str, dict[str, object]] = {
        "JPEG": {"comment": b"taken at home"},
        "PNG": {"icc_profile": b"taken at home" * 20},
    }
    sent = picture(form, beside={"exif": exif, **beside.get(form, {})})
    assert b"taken at home" in sent
    path = f"/journal/trades/{trade_id}/screenshots"
    kept = await http.post(path, content=sent, headers=alice.headers | {"Content-Type": "text/html"})
    assert kept.status_code == 201, kept.text
    assert (kept.json()["width"], kept.json()["height"]) == (40, 30)
    shown = await http.get(f"/journal/screenshots/{kept.json()['id']}", headers=alice.headers)
    assert shown.headers["content-type"] == f"image/{form.lower()}"
    assert shown.headers["x-content-type-options"] == "nosniff"
    assert b"taken at home" not in shown.content
    assert b"iCCP" not in shown.content  # a profile is packed
    with Image.open(io.BytesIO(shown.content)) as image:
        assert (image.format, image.size) == (form, (40, 30))
    listed = (await http.get(path, headers=alice.headers)).json()["items"]
    assert [one["id"] for one in listed] == [kept.json()["id"]]
    assert (
        await http.delete(f"/journal/screenshots/{kept.json()['id']}", headers=alice.headers)
    ).status_code == 204
    assert code(await http.get(f"/journal/screenshots/{kept.json()['id']}", headers=alice.headers)) == (
        404,
        "not_found",
    )


@pytest.mark.parametrize(
    ("content", "expected", "said"),
    [
        (b"<svg onload=alert(1)>", (422, "not_a_picture"), "no PNG, JPEG or WebP"),
        (b"\x89PNG\r\n\x1a\n broken", (422, "not_a_picture"), "no PNG, JPEG or WebP"),
        (partial(picture, "GIF"), (422, "not_a_picture"), "no PNG, JPEG or WebP"),
        (partial(picture, size=(6000, 5000)), (422, "not_a_picture"), "6000 x 5000 pixels"),
        (b"", (422, "not_a_picture"), "no PNG, JPEG or WebP"),
        (b"x" * FIFTY_MEGABYTES, (413, "body_too_large"), "5,242,880 bytes"),
    ],
    ids=["svg", "broken", "gif", "too many pixels", "empty", "50 MB"],
)
async def test_what_is_no_screenshot_is_refused_in_words(
    http: httpx.AsyncClient,
    world: World,
    alice: Person,
    content: bytes | Callable[[], bytes],
    expected: tuple[int, str],
    said: str,
) -> None:
    trade_id = await world.closed_trade(alice, NOON)
    sent = content if isinstance(content, bytes) else content()
    answer = await http.post(f"/journal/trades/{trade_id}/screenshots", content=sent, headers=alice.headers)
    assert code(answer) == expected
    assert said in answer.json()["detail"]


async def test_a_trade_has_at_most_ten_screenshots(
    http: httpx.AsyncClient, world: World, alice: Person
) -> None:
    trade_id = await world.closed_trade(alice, NOON)
    path, content = f"/journal/trades/{trade_id}/screenshots", picture(size=(2, 2))
    answers = [await http.post(path, content=content, headers=alice.headers) for _ in range(11)]
    assert [answer.status_code for answer in answers] == [201] * 10 + [409]
    assert code(answers[-1]) == (409, "quota_exceeded")


async def test_a_view_is_saved_once_per_name_and_removed(
    http: httpx.AsyncClient, alice: Person, bob: Person
) -> None:
    body = {"name": "Losing shorts", "search": {"tab": "trades", "side": "short", "tag": "=1+1"}}
    saved = await http.post("/journal/views", json=body, headers=alice.headers)
    assert (saved.status_code, saved.json()["search"]) == (201, body["search"])
    assert code(await http.post("/journal/views", json=body, headers=alice.headers)) == (
        409,
        "view_name_taken",
    )
    assert (await http.post("/journal/views", json=body, headers=bob.headers)).status_code == 201
    listed = (await http.get("/journal/views", headers=alice.headers)).json()["items"]
    assert [one["name"] for one in listed] == ["Losing shorts"]
    assert (
        await http.delete(f"/journal/views/{saved.json()['id']}", headers=alice.headers)
    ).status_code == 204
    assert (await http.get("/journal/views", headers=alice.headers)).json()["items"] == []


async def test_an_export_is_asked_for_and_its_file_is_not_there_before_the_job(
    http: httpx.AsyncClient, alice: Person
) -> None:
    body = {
        "kind": "trades",
        "format": "parquet",
        "filter": {"symbol": "BTC", "from": "2025-01-01T00:00:00+02:00"},
    }
    asked = await http.post("/exports", json=body, headers=alice.headers)
    assert asked.status_code == 202, asked.text
    assert asked.json()["wishes"] == {"symbol": "BTC/USDT:USDT", "from": "2024-12-31T22:00:00+00:00"}
    assert (asked.json()["status"], asked.json()["rows_total"]) == ("waiting", None)
    export_id = asked.json()["id"]
    early = await http.get(f"/exports/{export_id}/file", headers=alice.headers)
    assert code(early) == (409, "export_not_ready")
    assert [one["id"] for one in (await http.get("/exports", headers=alice.headers)).json()["items"]] == [
        export_id
    ]
    cancelled = await http.delete(f"/exports/{export_id}", headers=alice.headers)
    assert cancelled.json()["status"] == "cancelled"
    wrong = await http.post("/exports", json={"kind": "trades", "format": "zip"}, headers=alice.headers)
    assert code(wrong) == (422, "unknown_format")
