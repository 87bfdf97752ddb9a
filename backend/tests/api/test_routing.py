"""Every operation is found by its noun, and what is not found there is refused as everywhere."""

import re

import httpx
import pytest
from fastapi import APIRouter, Depends, FastAPI
from starlette.routing import Match
from starlette.types import Scope

from app.api.openapi import METHODS
from app.api.routing import RoutesByNoun, include_by_noun
from app.core.config import Settings
from app.main import PREFIX, create_app
from tests.api.answers import code
from tests.api.description import description
from tests.api.desk_world import Person


def asked(method: str, path: str) -> Scope:
    return {"type": "http", "method": method.upper(), "path": path, "headers": []}


def nouns_of(settings: Settings) -> RoutesByNoun:
    return next(route for route in create_app(settings).routes if isinstance(route, RoutesByNoun))


def test_every_operation_is_found_by_its_noun(settings: Settings) -> None:
    nouns = nouns_of(settings)
    operations = [
        (method, re.sub(r"\{\w+\}", "1", path))
        for path, methods in description()["paths"].items()
        for method in methods
        if method in METHODS
    ]
    assert len(operations) > 100
    assert [one for one in operations if nouns.matches(asked(*one))[0] is not Match.FULL] == []


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", f"{PREFIX}/nothing"),
        ("get", f"{PREFIX}/me/nothing"),
        ("put", f"{PREFIX}/me"),
        ("get", PREFIX),
        ("get", "/me"),
    ],
)
def test_nothing_else_is(settings: Settings, method: str, path: str) -> None:
    assert nouns_of(settings).matches(asked(method, path)) == (Match.NONE, {})


async def test_of_two_routers_with_one_noun_each_answers_its_paths(
    http: httpx.AsyncClient, alice: Person
) -> None:
    for path in ("/risk/profiles", "/risk/status", "/venues", "/wallets"):
        assert (await http.get(path, headers=alice.headers)).status_code == 200, path
    assert code(await http.get("/risk/profiles/status", headers=alice.headers))[0] in (404, 405)


def test_a_path_that_begins_with_a_parameter_is_no_path_of_the_api() -> None:
    router = APIRouter()
    router.add_api_route("/{anything}", lambda: None)
    with pytest.raises(ValueError, match="noun"):
        include_by_noun(FastAPI(), [router], PREFIX, [Depends(lambda: None)])
