"""The API's description of itself, made once per process: making it takes longer than most tests."""

from functools import cache
from typing import Any

from fastapi import FastAPI
from pydantic import SecretStr

from app.core.config import Settings
from app.main import create_app
from tests.conftest import SECRET


@cache
def description() -> dict[str, Any]:
    """The OpenAPI document, which no setting changes. Not to be altered."""
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
