"""One-time codes: the RFC's own vectors, and how far a clock may be off."""

import base64
from datetime import UTC, datetime, timedelta

import pytest

from app.core.totp import new_totp_secret, totp_address, totp_step

# RFC 6238, appendix B, SHA-1: the last six digits of its eight.
RFC_SECRET = base64.b32encode(b"12345678901234567890").decode()
VECTORS = [
    (59, "287082"),
    (1_111_111_109, "081804"),
    (1_111_111_111, "050471"),
    (1_234_567_890, "005924"),
    (2_000_000_000, "279037"),
    (20_000_000_000, "353130"),
]


@pytest.mark.parametrize(("second", "code"), VECTORS)
def test_the_vectors_of_the_rfc(second: int, code: str) -> None:
    assert totp_step(RFC_SECRET, code, datetime.fromtimestamp(second, UTC)) == second // 30


@pytest.mark.parametrize(
    ("steps_off", "accepted"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)]
)
def test_a_clock_may_be_one_step_off(steps_off: int, accepted: bool) -> None:
    at = datetime.fromtimestamp(1_234_567_890, UTC) + timedelta(seconds=30 * steps_off)
    assert (totp_step(RFC_SECRET, "005924", at) is not None) is accepted


@pytest.mark.parametrize("code", ["", "00592", "0059244", "abcdef", "\u0660\u0660\u0665\u0669\u0662\u0664"])
def test_what_is_no_code_is_no_step(code: str) -> None:
    assert totp_step(RFC_SECRET, code, datetime.fromtimestamp(1_234_567_890, UTC)) is None


def test_a_new_secret_has_160_bits_and_an_address_names_the_issuer() -> None:
    secret = new_totp_secret()
    assert len(base64.b32decode(secret)) == 20
    assert totp_address(secret, "ann@example.com").startswith(
        "otpauth://totp/StackAlpha:ann%40example.com?secret="
    )
