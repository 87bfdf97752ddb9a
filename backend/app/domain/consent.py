"""Trading without a limit of one's own is asked for in so many words."""

from typing import Final

CONSENT_PHRASE: Final = "NO LIMIT"


def is_consent(typed: str | None) -> bool:
    """Whether the phrase was typed as it stands; blanks around it do not count."""
    return typed is not None and typed.strip() == CONSENT_PHRASE
