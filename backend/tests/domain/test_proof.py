"""How long a password or a code just shown counts, and what counts as consent."""

from datetime import UTC, datetime, timedelta

import pytest

from app.domain.consent import is_consent
from app.domain.proof import Proof

SHOWN = datetime(2026, 1, 1, tzinfo=UTC)
LIFE = timedelta(minutes=10)


def test_a_proof_counts_until_its_life_is_over() -> None:
    proof = Proof(SHOWN, LIFE)
    assert proof.until == SHOWN + LIFE
    assert proof.is_recent(SHOWN)
    assert proof.is_recent(SHOWN + LIFE - timedelta(microseconds=1))
    assert not proof.is_recent(SHOWN + LIFE)


def test_where_nothing_was_shown_nothing_counts() -> None:
    proof = Proof(None, LIFE)
    assert proof.until is None
    assert not proof.is_recent(SHOWN)


@pytest.mark.parametrize(
    ("typed", "counts"),
    [("NO LIMIT", True), ("  NO LIMIT\n", True), ("no limit", False), ("NO LIMITS", False), ("", False)],
)
def test_only_the_phrase_itself_is_consent(typed: str, counts: bool) -> None:
    assert is_consent(typed) is counts


def test_nothing_typed_is_no_consent() -> None:
    assert not is_consent(None)
