"""Writes the API's description: `python -m scripts.export_openapi [--check]`.

The web app's client is generated from the written file, so that it is part of a change of the API.
"""

import json
import sys

from pydantic import SecretStr

from app.core.config import ROOT_DIR, Settings

PATH = ROOT_DIR / "frontend" / "openapi.json"


def openapi_text() -> str:
    """The OpenAPI document of the API as it is written to the file."""
    from app.main import create_app

    settings = Settings(
        secret_key=SecretStr("only to describe the routes, never used"),
        database_url="postgresql://127.0.0.1:1/none",
        redis_url="redis://127.0.0.1:1/0",
    )
    return json.dumps(create_app(settings).openapi(), indent=2, sort_keys=True) + "\n"


def main(arguments: list[str]) -> int:
    """Write the file, or with --check tell whether it is up to date."""
    text = openapi_text()
    if "--check" in arguments:
        if PATH.exists() and PATH.read_text() == text:
            return 0
        print(f"{PATH.name} differs from the API: run `make openapi`.", file=sys.stderr)
        return 1
    PATH.write_text(text)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
