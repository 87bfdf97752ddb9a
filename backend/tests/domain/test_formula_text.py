"""What a spreadsheet would compute is written as text."""

import pytest

from app.domain.formula_text import defused


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "=cmd|' /C calc'!A0", "\uff1d1"]
)
def test_a_formula_begins_with_an_apostrophe(text: str) -> None:
    assert defused(text) == "'" + text


@pytest.mark.parametrize("text", ["", "breakout", "1=1", "a-b", "'=1", "long @ 5"])
def test_other_text_stays_as_it_is(text: str) -> None:
    assert defused(text) == text
