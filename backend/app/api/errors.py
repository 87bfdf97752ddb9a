"""Every refusal as application/problem+json, in the product's words and with the request's id."""

import json
import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException as StarletteHttpError

from app.core.errors import AppError, FieldError

MEDIA_TYPE: Final = "application/problem+json"
REQUEST_ID_KEY: Final = "stackalpha_request_id"
SECRET_FIELD: Final = re.compile(r"pass|secret|token|key", re.IGNORECASE)
FIGURE: Final = re.compile(r"-?\d{1,30}(\.\d{1,30})?")
LIMIT_KEYS: Final = ("ge", "gt", "le", "lt", "max_length", "min_length", "max_digits", "decimal_places")
CODES_BY_STATUS: Final = {
    404: "not_found",
    405: "method_not_allowed",
    413: "body_too_large",
    415: "unsupported_media_type",
}
# RFC 9110; a Python before 3.13 says them as RFC 2616 did, and an answer does not depend on the interpreter.
TITLES: Final = {
    413: "Content Too Large",
    414: "URI Too Long",
    416: "Range Not Satisfiable",
    422: "Unprocessable Content",
}
NOT_JSON: Final = FieldError("body", "json_invalid", "The body is not JSON.")


class FieldProblem(BaseModel):
    """One refused field: where, why, and where there are figures, the limit and the value."""

    field: str
    code: str
    message: str
    limit: str | None = None
    value: str | None = None


class Problem(BaseModel):
    """RFC 9457. `code` is stable; `detail` is a sentence for the person who reads it."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    request_id: str
    errors: list[FieldProblem] | None = Field(None, description="The refused fields, where there are any")


def problem_responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """OpenAPI `responses` for these statuses; pass it to a router or a route."""
    return {
        status: {
            "description": _title(status),
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status in statuses
    }


def problem(
    request_id: str,
    status: int,
    code: str,
    detail: str,
    errors: Sequence[FieldError] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The answer to a refused request."""
    body: dict[str, object] = {
        "type": f"urn:stackalpha:problem:{code}",
        "title": _title(status),
        "status": status,
        "code": code,
        "detail": detail,
        "request_id": request_id,
    }
    if errors:
        body["errors"] = [_field_problem(error) for error in errors]
    content = json.dumps(body, ensure_ascii=True).encode()
    return Response(content, status, dict(headers or {}), media_type=MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Let the application answer every refusal as a problem."""
    app.add_exception_handler(AppError, _app_error)
    app.add_exception_handler(RequestValidationError, _validation_error)
    app.add_exception_handler(StarletteHttpError, _http_error)


def request_id_of(request: Request) -> str:
    """The id of this request, which its answer and its log lines carry."""
    return str(request.scope.get(REQUEST_ID_KEY, ""))


def _title(status: int) -> str:
    return TITLES.get(status) or HTTPStatus(status).phrase


def _field_problem(error: FieldError) -> dict[str, str]:
    held = {"field": error.field, "code": error.code, "message": error.message}
    if error.limit is not None:
        held["limit"] = error.limit
    if error.value is not None:
        held["value"] = error.value
    return held


async def _app_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, AppError):
        raise error
    headers = {}
    if error.retry_after_seconds is not None:
        headers["Retry-After"] = str(error.retry_after_seconds)
    if error.status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    return problem(request_id_of(request), error.status, error.code, error.message, error.errors, headers)


async def _validation_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError):
        raise error
    errors = tuple(_field_error(fault) for fault in error.errors()[:50])
    detail = errors[0].message if len(errors) == 1 else "Some fields cannot be accepted; see errors."
    return problem(request_id_of(request), HTTPStatus.UNPROCESSABLE_ENTITY, "invalid_input", detail, errors)


async def _http_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, StarletteHttpError):
        raise error
    code = CODES_BY_STATUS.get(error.status_code, "refused")
    match error.status_code:
        # FastAPI's answer to bytes that are no text; other bad JSON it answers with 422
        case HTTPStatus.BAD_REQUEST:
            return problem(request_id_of(request), 422, "invalid_input", NOT_JSON.message, (NOT_JSON,))
        case HTTPStatus.NOT_FOUND:
            detail = f"There is nothing at {request.url.path}."
        case HTTPStatus.METHOD_NOT_ALLOWED:
            detail = f"{request.method} is not possible at {request.url.path}."
        case _:
            detail = str(error.detail)
    return problem(request_id_of(request), error.status_code, code, detail, headers=error.headers)


def _field_error(fault: Mapping[str, Any]) -> FieldError:
    """One of Pydantic's findings in our words; never the value of a field that may hold a secret."""
    location = [str(part) for part in fault.get("loc", ())]
    if location and location[0] in ("body", "query", "path", "header", "cookie"):
        location = location[1:]
    field = ".".join(location) or "body"
    if fault.get("type") == "json_invalid":
        return NOT_JSON
    context = fault.get("ctx") or {}
    limit = next((str(context[name]) for name in LIMIT_KEYS if name in context), None)
    message = str(fault.get("msg", "")).removeprefix("Value error, ").rstrip(".")
    return FieldError(
        field, str(fault.get("type", "invalid")), f"{field}: {message}.", limit, _figure(field, fault)
    )


def _figure(field: str, fault: Mapping[str, Any]) -> str | None:
    """The refused value where it is a plain number of a field without secrets."""
    value = fault.get("input")
    if SECRET_FIELD.search(field) or isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    text = str(value)
    return text if FIGURE.fullmatch(text) else None
