"""Settings: what is refused, what is derived, and that `.env.example` lists all of them."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from app.core.config import (
    BACKEND_DIR,
    ROOT_DIR,
    DatabaseRole,
    Environment,
    Settings,
    SettingsError,
    derive_key,
    jwt_key,
    key_ring,
    load_settings,
    owner_database_url,
    role_database_url,
    role_password,
)
from scripts.env_example import env_example

SECRET = SecretStr("0123456789abcdef0123456789abcdef")


def test_every_setting_is_described() -> None:
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []


def test_the_example_file_lists_every_setting() -> None:
    assert (ROOT_DIR / ".env.example").read_text() == env_example(), "run: python -m scripts.env_example"


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        Settings(secret_key=SECRET).port = 1  # type: ignore[misc]


@pytest.mark.parametrize("secret", ["", "change-me", "short", "x" * 31])
def test_production_refuses_a_missing_default_or_short_secret(secret: str) -> None:
    with pytest.raises(ValidationError, match="STACKALPHA_SECRET_KEY"):
        Settings(environment=Environment.PRODUCTION, secret_key=SecretStr(secret))


def test_production_accepts_a_secret_of_32_characters() -> None:
    assert Settings(environment=Environment.PRODUCTION, secret_key=SECRET).is_production


@pytest.mark.parametrize("deployment", ["a", "abc", "A1", "a-"])
def test_deployment_is_two_small_letters_or_digits(deployment: str) -> None:
    with pytest.raises(ValidationError):
        Settings(deployment=deployment)


def test_lists_are_read_from_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STACKALPHA_ALLOWED_VENUES", "paper, bybit ,")

    assert Settings().allowed_venues == ("paper", "bybit")


def test_a_variable_that_is_set_but_empty_is_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STACKALPHA_PORT", "")

    assert Settings().port == 8000


def test_keys_differ_by_purpose_and_secret_and_never_by_run() -> None:
    settings, other = Settings(secret_key=SECRET), Settings(secret_key=SecretStr("f" * 32))

    wrapping = [key_ring(one).key(1) for one in (settings, other)]
    keys = [jwt_key(settings), *wrapping, jwt_key(other)]

    assert len(set(keys)) == 4
    assert jwt_key(settings) == jwt_key(Settings(secret_key=SECRET))
    assert len(derive_key(settings, "x", 16)) == 16


def test_a_key_without_a_secret_is_refused() -> None:
    with pytest.raises(SettingsError, match="secret key"):
        derive_key(Settings(), "x")


def test_each_role_has_its_own_password_in_its_address() -> None:
    settings = Settings(
        secret_key=SECRET, database_url="postgresql://boss:p%40ss@db:5433/main?sslmode=require"
    )

    url = role_database_url(settings, "stackalpha_api")

    password = role_password(settings, DatabaseRole.API)
    assert url == f"postgresql+asyncpg://stackalpha_api:{password}@db:5433/main?ssl=require"
    assert len({role_password(settings, role) for role in DatabaseRole}) == len(DatabaseRole)
    assert owner_database_url(settings) == "postgresql+asyncpg://boss:p%40ss@db:5433/main?ssl=require"


def test_an_address_without_login_serves_roles_and_not_the_owner() -> None:
    settings = Settings(secret_key=SECRET, database_url="postgresql://db:5433/main")

    assert "@db:5433/main" in role_database_url(settings, DatabaseRole.WORKER)
    with pytest.raises(SettingsError, match="names no user"):
        owner_database_url(settings)


def test_secrets_are_not_shown() -> None:
    settings = Settings(
        secret_key=SECRET, database_url="postgresql://boss:hidden@db/main", smtp_password="hidden"
    )

    assert "hidden" not in repr(settings)
    assert SECRET.get_secret_value() not in repr(settings)


def test_the_generated_secret_is_private_and_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STACKALPHA_VAR_DIR", str(tmp_path / "var"))

    first, second = load_settings(), load_settings()

    assert len(first.secret_key.get_secret_value()) >= 32
    assert first.secret_key == second.secret_key
    assert stat.S_IMODE((tmp_path / "var" / "secret").stat().st_mode) == 0o600


def test_processes_that_start_together_agree_on_the_generated_secret(tmp_path: Path) -> None:
    program = (
        "from app.core.config import load_settings; print(load_settings().secret_key.get_secret_value())"
    )
    environment = os.environ | {"STACKALPHA_VAR_DIR": str(tmp_path / "var")}
    started = [
        subprocess.Popen(
            [sys.executable, "-c", program],
            cwd=BACKEND_DIR,
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]

    secrets = {process.communicate()[0].strip() for process in started}

    assert len(secrets) == 1
    assert len(secrets.pop()) >= 32


def test_a_wrong_value_is_one_sentence_with_its_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STACKALPHA_VAR_DIR", str(tmp_path))
    monkeypatch.setenv("STACKALPHA_PORT", "a")

    with pytest.raises(SettingsError, match=r"^STACKALPHA_PORT cannot be used: [^\n]*\.$"):
        load_settings()
