"""Access tokens that are ours alone, passwords that cost the same to miss, and tokens derived from rows."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import jwt
import pytest
from argon2 import PasswordHasher

from app.core.clock import utc_now
from app.core.errors import UnauthenticatedError, UnavailableError
from app.core.security import ALGORITHM, REQUIRED_CLAIMS, AccessTokens, DerivedTokens, Passwords, token_hash

KEY = b"k" * 32
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


def claims(**changes: object) -> dict[str, object]:
    now = utc_now()
    held: dict[str, object] = {
        "iss": "stackalpha",
        "aud": "stackalpha-api",
        "sub": str(uuid4()),
        "sid": str(uuid4()),
        "jti": "1",
        "typ": "access",
        "iat": now,
        "exp": now + timedelta(minutes=5),
    }
    return {name: value for name, value in (held | changes).items() if value is not None}


def signed(**changes: object) -> str:
    return jwt.encode(claims(**changes), KEY, algorithm=ALGORITHM)


def test_an_issued_token_is_read_back() -> None:
    tokens = AccessTokens(KEY, 600)
    user_id, session_id, now = uuid4(), uuid4(), utc_now()
    read = tokens.read(tokens.issue(user_id, session_id, now), now)
    assert (read.user_id, read.session_id) == (user_id, session_id)
    assert read.expires_at == (now + timedelta(seconds=600)).replace(microsecond=0)


def test_a_token_built_by_hand_with_every_claim_is_read() -> None:
    assert AccessTokens(KEY, 600).read(signed(), utc_now()).user_id is not None


@pytest.mark.parametrize("name", REQUIRED_CLAIMS)
def test_a_token_without_a_claim_is_refused(name: str) -> None:
    with pytest.raises(UnauthenticatedError):
        AccessTokens(KEY, 600).read(signed(**{name: None}), utc_now())


@pytest.mark.parametrize(
    "changes",
    [
        {"typ": "refresh"},
        {"iss": "somebody"},
        {"aud": "another"},
        {"aud": ["stackalpha-api", "another"]},
        {"sub": "no uuid"},
        {"sid": "no uuid"},
        {"exp": datetime(2020, 1, 1, tzinfo=UTC)},
        {"iat": datetime(2100, 1, 1, tzinfo=UTC)},
    ],
)
def test_a_token_with_another_claim_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(UnauthenticatedError):
        AccessTokens(KEY, 600).read(signed(**changes), utc_now())


@pytest.mark.parametrize(
    "token",
    [
        "",
        "x",
        "a.b.c",
        "é" * 10,
        "x" * 5_000,
        jwt.encode(claims(), b"another key, also thirty-two byte", algorithm=ALGORITHM),
        jwt.encode(claims(), KEY * 2, algorithm="HS512"),
        jwt.encode(claims(), None, algorithm="none"),  # type: ignore[arg-type]  # what an attacker does
    ],
)
def test_a_foreign_text_is_refused(token: str) -> None:
    with pytest.raises(UnauthenticatedError):
        AccessTokens(KEY, 600).read(token, utc_now())


def test_a_remembered_token_expires_all_the_same() -> None:
    tokens, now = AccessTokens(KEY, 600), utc_now()
    token = tokens.issue(uuid4(), uuid4(), now)
    tokens.read(token, now + timedelta(seconds=598))
    with pytest.raises(UnauthenticatedError) as refused:
        tokens.read(token, now + timedelta(seconds=600))
    assert refused.value.code == "token_expired"


async def test_a_password_matches_its_own_hash_and_no_other() -> None:
    passwords = Passwords(hasher=CHEAP)
    held = await passwords.hash("correct horse battery")
    assert await passwords.matches(held, "correct horse battery")
    assert not await passwords.matches(held, "correct horse batterz")
    assert not await passwords.matches(None, "correct horse battery")
    assert not await passwords.matches("no hash at all", "correct horse battery")
    passwords.close()


async def test_a_guess_costs_what_owasp_asks_for() -> None:
    """One of the equivalent choices of its password storage cheat sheet: argon2id, 46 MiB, one pass, one lane."""
    passwords = Passwords()
    assert (await passwords.hash("correct horse battery")).startswith("$argon2id$v=19$m=47104,t=1,p=1$")
    passwords.close()


async def test_passwords_beyond_the_queue_are_refused_rather_than_piled_up() -> None:
    passwords = Passwords(workers=0 + 1, waiting=-1, hasher=CHEAP)
    with pytest.raises(UnavailableError):
        await passwords.hash("correct horse battery")
    passwords.close()


def test_a_derived_token_is_the_same_for_its_row_and_purpose_alone() -> None:
    tokens, row = DerivedTokens(KEY), uuid4()
    assert tokens.token("verify", row) == DerivedTokens(KEY).token("verify", row)
    others = {
        tokens.token("reset", row),
        tokens.token("verify", uuid4()),
        DerivedTokens(b"x" * 32).token("verify", row),
    }
    assert tokens.token("verify", row) not in others
    assert tokens.stored_hash("verify", row) == token_hash(tokens.token("verify", row))


def test_the_successor_of_a_row_is_one_uuid_of_version_four() -> None:
    tokens, row = DerivedTokens(KEY), uuid4()
    following = tokens.successor("refresh", row)
    assert isinstance(following, UUID)
    assert following.version == 4
    assert following == tokens.successor("refresh", row) != tokens.successor("refresh", uuid4())


def test_keys_are_not_shown() -> None:
    assert "kkkk" not in repr(DerivedTokens(KEY))
