"""Trading without a limit of one's own is asked for in so many words."""

from dataclasses import fields
from typing import Final

from app.domain.defaults import RiskSettingsValues

CONSENT_PHRASE: Final = "NO LIMIT"


def limits_taken_away(before: RiskSettingsValues, after: RiskSettingsValues) -> tuple[str, ...]:
    """Return the names of the limits that had an opinion before the change and have none after it."""
    return tuple(
        field.name
        for field in fields(RiskSettingsValues)
        if field.name.startswith(("max_", "min_"))
        and getattr(before, field.name) is not None
        and getattr(after, field.name) is None
    )


def is_consent(typed: str | None) -> bool:
    """Whether the phrase was typed as it stands; blanks around it do not count."""
    return typed is not None and typed.strip() == CONSENT_PHRASE
