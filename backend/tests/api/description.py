"""The API's description of itself, made once per session: making it takes longer than most tests."""

import json
import os
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from pydantic import SecretStr

from app.core.config import Settings
from app.main import create_app
from tests.conftest import SECRET, SESSION_VARIABLE
from tests.service_host import session_lock


@cache
def description() -> dict[str, Any]:
    """The OpenAPI document, which no setting changes. Not to be altered."""
    session = os.environ.get(SESSION_VARIABLE)
    if session is None:
        return _made()
    folder = Path(session)
    folder.mkdir(parents=True, exist_ok=True)
    kept = folder / "openapi.json"
    with session_lock(folder):
        if not kept.exists():
            kept.write_text(json.dumps(_made()))
        document: dict[str, Any] = json.loads(kept.read_text())
    return document


def _made() -> dict[str, Any]:
    settings = Settings(
        secret_key=SecretStr(SECRET),
        database_url="postgresql://127.0.0.1:1/none",
        redis_url="redis://127.0.0.1:1/0",
    )
    return create_app(settings).openapi()


def described_app(settings: Settings) -> FastAPI:
    """The application with its description at hand."""
    app = create_app(settings)
    app.openapi_schema = description()
    return app
