"""Random ids for many rows at once: the operating system is asked once for all of them."""

import os
from collections.abc import Iterator
from typing import Final
from uuid import UUID

_BYTES: Final = 16


def random_ids(count: int) -> Iterator[UUID]:
    """Yield `count` ids as `uuid.uuid4` makes them (RFC 9562, version 4)."""
    drawn = os.urandom(_BYTES * count)
    for at in range(0, len(drawn), _BYTES):
        yield UUID(bytes=drawn[at : at + _BYTES], version=4)
