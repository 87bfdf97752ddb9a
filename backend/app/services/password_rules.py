"""Which passwords are accepted: long enough, not known to everybody, not the address itself."""

from typing import Final

from app.core.errors import FieldError, InvalidInputError

MIN_LENGTH: Final = 12
MAX_LENGTH: Final = 200
MIN_DIFFERENT_CHARACTERS: Final = 5
# The long ones of the lists that attackers begin with; short ones are refused by their length.
COMMON: Final = frozenset(
    {
        "123456789012", "1234567890123", "12345678901234", "123456789012345", "1234567890123456",
        "0123456789012", "passwordpassword", "password1234", "password12345", "password123456",
        "password1234567", "password2024", "password2025", "password2026", "passw0rd1234", "p@ssword1234",
        "p@ssw0rd1234", "qwertyuiop12", "qwertyuiop123", "qwertyuiop1234", "qwerty123456", "qwerty1234567",
        "qwertyuiopasdf", "qwertyuiopas", "1q2w3e4r5t6y", "1q2w3e4r5t6y7u", "1qaz2wsx3edc",
        "1qaz2wsx3edc4rfv",
        "zaq12wsxcde3", "asdfghjkl123", "asdfghjkl1234", "administrator", "administrator1", "admin1234567",
        "iloveyou1234", "iloveyou12345", "letmein12345", "letmein123456", "welcome12345", "welcome123456",
        "changeme1234", "changeme12345", "correcthorsebatterystaple", "trustno1trustno1", "abcdefghijkl",
        "abcdefghijklm", "abcdef123456", "abc123456789", "a1b2c3d4e5f6", "monkey123456", "dragon123456",
        "football1234", "baseball1234", "superman1234", "bitcoin12345", "stackalpha12", "stackalpha123",
        "stackalpha1234", "secret123456", "master123456", "sunshine1234", "princess1234", "google123456",
    }
)  # fmt: skip


def check_password(password: str, email: str | None = None) -> None:
    """Refuse a password that would be guessed; the message says why and never repeats it."""
    plain = password.casefold()
    if len(password) < MIN_LENGTH:
        raise _refusal(
            "password_too_short", f"The password needs {MIN_LENGTH} characters or more.", MIN_LENGTH
        )
    if len(password) > MAX_LENGTH:
        raise _refusal(
            "password_too_long", f"The password may have {MAX_LENGTH} characters at most.", MAX_LENGTH
        )
    if plain in COMMON or len(set(plain)) < MIN_DIFFERENT_CHARACTERS:
        raise _refusal("password_common", "This password is one of the first that an attacker tries.")
    if email is not None and plain in (email.casefold(), email.casefold().partition("@")[0]):
        raise _refusal("password_is_address", "The password must not be your address.")


def _refusal(code: str, message: str, limit: int | None = None) -> InvalidInputError:
    error = FieldError("password", code, message, None if limit is None else str(limit))
    return InvalidInputError(message, code=code, errors=(error,))
