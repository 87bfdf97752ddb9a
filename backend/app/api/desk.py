"""How routes reach the trading desk, and how a view becomes the bytes of an answer, once."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Annotated

import msgspec
from fastapi import Depends, Path, Query, Response
from starlette.requests import HTTPConnection

from app.bootstrap.desk import TradingDesk

MAX_PAGE = 200


async def trading_desk(connection: HTTPConnection) -> TradingDesk:
    """The trading desk of this process."""
    desk = connection.app.state.desk
    if not isinstance(desk, TradingDesk):
        raise TypeError("the application was asked before it was started: it has no trading desk")
    return desk


Desk = Annotated[TradingDesk, Depends(trading_desk)]
PageLimit = Annotated[int, Query(ge=1, le=MAX_PAGE, description="Most rows of a page")]
SettingName = Annotated[str, Path(max_length=50, description="A setting's name")]
Cursor = Annotated[str | None, Query(max_length=200, description="`next_cursor` of the page before")]


def answer(view: object, status: int = HTTPStatus.OK) -> Response:
    """The view as JSON. Its fields are those of the route's documented model; tests hold them alike."""
    return Response(msgspec.json.encode(view), status, media_type="application/json")


def written(page: tuple[Sequence[str], str | None]) -> Response:
    """A page whose rows are JSON already, with the cursor of the next one."""
    rows, cursor = page
    following = "null" if cursor is None else f'"{cursor}"'  # letters of base 64 only
    body = f'{{"items":[{",".join(rows)}],"next_cursor":{following}}}'
    return Response(body, media_type="application/json")


def joined(*views: object) -> dict[str, object]:
    """The fields of several views as one object."""
    fields: dict[str, object] = {}
    for view in views:
        fields |= msgspec.to_builtins(view)
    return fields
