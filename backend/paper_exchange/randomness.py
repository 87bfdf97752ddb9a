"""Repeatable randomness: the same words always give the same numbers, on every machine."""

from __future__ import annotations

import random


def seeded(*words: str | int) -> random.Random:
    """A generator that depends on `words` alone."""
    return random.Random(":".join(str(word) for word in words))  # noqa: S311 - a simulation, not a secret
