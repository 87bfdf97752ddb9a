"""Writes `.env.example` from the settings: `python -m scripts.env_example [--check]`."""

import sys
from pathlib import Path
from textwrap import wrap

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from app.core.config import ROOT_DIR, Settings

HEADER = """\
# Every setting, with its default. Copy to .env and take the `#` off what you change.
# Written by `python -m scripts.env_example` from backend/app/core/config.py; a test keeps the two alike.
"""
WIDTH = 108


def env_example() -> str:
    """The text of `.env.example`."""
    blocks = [HEADER]
    for name, field in Settings.model_fields.items():
        comment = "\n".join(f"# {line}" for line in wrap(field.description or "", WIDTH))
        blocks.append(f"{comment}\n#{variable(name, field)}={default(field)}\n")
    return "\n".join(blocks)


def variable(name: str, field: FieldInfo) -> str:
    """The environment variable of a setting."""
    return str(field.validation_alias) if field.validation_alias else f"STACKALPHA_{name.upper()}"


def default(field: FieldInfo) -> str:
    """The default as it would be written in the file; paths inside the checkout are relative to it."""
    value = field.default
    if value is None:
        return ""
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, Path):
        return f"./{value.relative_to(ROOT_DIR)}" if value.is_relative_to(ROOT_DIR) else str(value)
    if isinstance(value, tuple):
        return ",".join(value)
    return str(value)


def main(arguments: list[str]) -> int:
    """Write the file, or with --check tell whether it is up to date."""
    path = ROOT_DIR / ".env.example"
    if "--check" in arguments:
        return 0 if path.exists() and path.read_text() == env_example() else 1
    path.write_text(env_example())
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
