"""A request's parameters, each read with the refusal the venue has for it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from urllib.parse import parse_qsl

from paper_exchange.engine.refusals import Refusal, VenueError

MOST_PAGES = 1_000_000
LONGEST_NUMBER = 32
# What a journal's column holds.
LARGEST_INTEGER = 2**63 - 1
# The venue's own pattern, and a sign, for which it has better words than "illegal characters".
NUMBER = re.compile(r"-?[0-9]{1,20}(\.[0-9]{1,20})?")


class Parameters:
    """Text by name; an empty value counts as not sent."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values

    @classmethod
    def parse(cls, raw: str) -> Parameters:
        """From a query string or form body."""
        try:
            return cls(dict(parse_qsl(raw, keep_blank_values=True, errors="strict", max_num_fields=100)))
        except ValueError:
            raise VenueError(Refusal.ILLEGAL_PARAMETER, "query") from None

    def alphabetical(self, but: str) -> str:
        """All of them as `name=value&...` by name, without the one named."""
        return "&".join(f"{name}={value}" for name, value in sorted(self._values.items()) if name != but)

    def optional(self, name: str) -> str | None:
        return self._values.get(name) or None

    def text(self, name: str) -> str:
        value = self.optional(name)
        if value is None:
            raise VenueError(Refusal.MANDATORY, name.lower())
        return value

    def flag(self, name: str) -> bool:
        """True only for `true`; absent is False."""
        value = self.optional(name)
        if value is None:
            return False
        match value.lower():
            case "true":
                return True
            case "false":
                return False
            case _:
                raise VenueError(Refusal.ILLEGAL_PARAMETER, name.lower())

    def integer(self, name: str) -> int | None:
        value = self.optional(name)
        if value is None:
            return None
        digits = value.removeprefix("-")
        if len(value) > LONGEST_NUMBER or not (digits.isascii() and digits.isdigit()):
            raise VenueError(Refusal.ILLEGAL_PARAMETER, name.lower())
        number = int(value)
        if abs(number) > LARGEST_INTEGER:
            raise VenueError(Refusal.MALFORMED, name)
        return number

    def decimal(self, name: str) -> Decimal | None:
        value = self.optional(name)
        if value is None:
            return None
        if not NUMBER.fullmatch(value):
            raise VenueError(Refusal.ILLEGAL_PARAMETER, name.lower())
        return Decimal(value)

    def limit(self, default: int, most: int) -> int:
        """The `limit` parameter, 1 to `most`."""
        value = self.integer("limit")
        if value is None:
            return default
        if value < 1:
            raise VenueError(Refusal.MALFORMED, "limit")
        return min(value, most)

    def page(self) -> int:
        """The `page` parameter, from 1 on."""
        value = self.integer("page")
        if value is not None and not 1 <= value <= MOST_PAGES:
            raise VenueError(Refusal.MALFORMED, "page")
        return value or 1
