"""Mutants that answer like the original: nobody can notice them, and no test should try.

By module and by what was changed, in the words of `mutants.py` with the changed line in the place of its number,
so that an entry outlives lines that are added above it.
"""

from typing import Final

EQUIVALENT: Final[dict[tuple[str, str, str], str]] = {}
"""(module, what, line) -> why nobody can notice."""
