"""Bounds and phrases that the web app says or asks for by itself are those that the API refuses by."""

import re
from pathlib import Path

import pytest

from app.adapters.message_services import LONGEST_ADDRESS
from app.api.middleware import MAX_PICTURE_BYTES
from app.core.config import ROOT_DIR
from app.domain.consent import CONSENT_PHRASE
from app.domain.trading_hours import MOST_FUNDING_MINUTES, MOST_LEAVING_MINUTES
from app.schemas.journal_note import MOST_NOTE
from app.services.breaker_board import REASON_CHARACTERS
from app.services.password_rules import MIN_LENGTH
from app.services.two_factor import TOTP_DIGITS

FEATURES = ROOT_DIR / "frontend" / "src" / "features"


def said(file: str, pattern: str) -> str:
    """The one value that the pattern finds in a file of the web app."""
    found = set(re.findall(pattern, (FEATURES / file).read_text()))
    assert len(found) == 1, f"{Path(file).name} says {found or 'nothing'}"
    return str(found.pop()).replace("_", "")


@pytest.mark.parametrize(
    ("file", "pattern", "expected"),
    [
        ("auth/PasswordField.tsx", r"MIN_PASSWORD = (\d+)", MIN_LENGTH),
        ("account/TwoFactor.tsx", r"maxLength=\{(\d+)\}", TOTP_DIGITS),
        ("risk/schedule-form.ts", r"MOST_LEAVING_MINUTES = (\d+)", MOST_LEAVING_MINUTES),
        ("risk/schedule-form.ts", r"MOST_FUNDING_MINUTES = (\d+)", MOST_FUNDING_MINUTES),
        ("risk/LoosenDialog.tsx", r"PHRASE = '(.+)'", CONSENT_PHRASE),
        ("journal/TradeNotes.tsx", r"maxLength=\{([\d_]+)\}", MOST_NOTE),
        ("journal/TradeNotes.tsx", r"at most (\d+) MB", MAX_PICTURE_BYTES // 1024 // 1024),
        ("circuit-breaker/KillSwitchDialog.tsx", r"maxLength=\{(\d+)\}", REASON_CHARACTERS),
        ("admin/PlatformKillSwitch.tsx", r"maxLength=\{(\d+)\}", REASON_CHARACTERS),
        ("admin/PlatformBreakers.tsx", r"maxLength=\{(\d+)\}", REASON_CHARACTERS),
        ("alerts/ServiceDialog.tsx", r"maxLength=\{(\d+)\}", LONGEST_ADDRESS),
    ],
)
def test_the_web_app_asks_for_what_the_api_takes(file: str, pattern: str, expected: int | str) -> None:
    assert said(file, pattern) == str(expected)
