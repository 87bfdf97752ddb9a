"""Bodies whose numbers have bounds that the domain keeps: described here, refused there with limit and value."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar

from pydantic import GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import core_schema

from app.schemas.decimal_input import describe_decimal
from app.schemas.request import RequestBody


class BoundedBody(RequestBody):
    """A body that describes the bounds of its numbers and leaves it to the domain to refuse what is beyond them:
    `bounds` has the least and the greatest value by field."""

    bounds: ClassVar[Mapping[str, tuple[Decimal, Decimal]]] = {}

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        described = handler(core)
        properties = handler.resolve_ref_schema(described)["properties"]
        told: Any = core
        fields = told["schema"]["fields"]
        for name, (least, most) in cls.bounds.items():
            if name in fields:
                _bound(properties[name], _number(fields[name]), least, most)
        return described


def _number(field: core_schema.ModelField) -> core_schema.CoreSchema:
    """The schema of a field's number itself: not of its default, nor of the null beside it."""
    told: Any = field
    while told["type"] not in ("decimal", "int"):
        told = told["schema"]
    found: core_schema.CoreSchema = told
    return found


def _bound(described: JsonSchemaValue, number: core_schema.CoreSchema, least: Decimal, most: Decimal) -> None:
    """Write the bounds into a field's description."""
    ways = described.get("anyOf", [described])
    if number["type"] == "decimal":
        nested = [way for way in ways if "anyOf" in way]
        describe_decimal(nested[0] if nested else described, number, least, most)
        return
    for way in ways:
        if way["type"] == "integer":
            way.pop("exclusiveMaximum", None)
            way["minimum"], way["maximum"] = int(least), int(most)
