"""The platform's limits as administrators see and set them."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, ClassVar, Final

from pydantic import Field

from app.domain.limit_table import LIMITS
from app.schemas.bounded import BoundedBody
from app.schemas.decimal_input import EXACT
from app.schemas.figures import Answer, DecimalText

GREATEST: Final = max(declared.greatest * declared.shown_factor for declared in LIMITS)


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


class PlatformLimitPut(BoundedBody):
    """The operator's own value, in the limit's unit; at most the limit's own `greatest`."""

    bounds: ClassVar[Mapping[str, tuple[Decimal, Decimal]]] = {"value": (Decimal(0), GREATEST)}

    value: Annotated[Decimal, Field(ge=0, max_digits=20, decimal_places=8), EXACT]
