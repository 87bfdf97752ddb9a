"""The platform's limits as administrators see and set them."""

from decimal import Decimal
from typing import Annotated

from pydantic import Field

from app.schemas.decimal_input import EXACT
from app.schemas.figures import Answer, DecimalText
from app.schemas.request import RequestBody


class PlatformLimit(Answer):
    """A limit in its own unit: built in, stored by the operator, and the stricter of the two, which binds."""

    name: str
    label: str
    unit: str
    built_in: DecimalText | None
    stored: DecimalText | None
    binding: DecimalText | None


class PlatformLimitList(Answer):
    """Every limit that there is."""

    items: list[PlatformLimit]


class PlatformLimitPut(RequestBody):
    """The operator's own value, in the limit's unit."""

    value: Annotated[Decimal, Field(ge=0, max_digits=20, decimal_places=8), EXACT]
