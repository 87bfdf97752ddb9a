"""Text that a spreadsheet would run as a formula, made harmless (OWASP: CSV injection)."""

from typing import Final

# What begins a formula in some spreadsheet, its full-width twins, and blanks that some strip before they look.
STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")  # fmt: skip


def defused(text: str) -> str:
    """The text, with an apostrophe before it where a spreadsheet would compute it. For text alone: a number is
    written as it is."""
    return f"'{text}" if text.startswith(STARTS) else text
