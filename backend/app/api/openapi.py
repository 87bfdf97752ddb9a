"""The API's description: stable operation ids, and the problems that each operation may answer."""

from collections.abc import Mapping
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from app.api.errors import FieldProblem, Problem, problem_responses

TITLE: Final = "StackAlpha"
VERSION: Final = "1"
EVERYWHERE: Final = (422, 429, 500, 503)
WITH_BODY: Final = (404, 409, 412, 413)
WITH_SESSION: Final = (401, 403)
METHODS: Final = frozenset({"get", "post", "put", "patch", "delete"})


def operation_id(route: APIRoute) -> str:
    """The function's own name, which is unique in the API."""
    return route.name


def describe(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document, made once."""
    if app.openapi_schema is None:
        document = get_openapi(title=TITLE, version=VERSION, routes=app.routes)
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        schemas.pop("HTTPValidationError", None)
        schemas.pop("ValidationError", None)
        schemas["FieldProblem"] = FieldProblem.model_json_schema()
        schemas["Problem"] = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas["Problem"].pop("$defs", None)
        for path, operations in document["paths"].items():
            for method, operation in operations.items():
                if method in METHODS:
                    _add_problems(path, method, operation)
        app.openapi_schema = document
    return app.openapi_schema


def _add_problems(path: str, method: str, operation: dict[str, Any]) -> None:
    """Document every refusal the operation may answer with."""
    statuses = list(EVERYWHERE)
    parameters = operation.get("parameters", ())
    if "{" in path or any(parameter["name"].endswith("_id") for parameter in parameters):
        statuses.append(404)
    if method != "get":
        statuses += WITH_BODY
    if any(parameter["name"] == "if-match" for parameter in parameters):
        statuses.append(428)
    if operation.get("security") or "/auth/" in path:
        statuses += WITH_SESSION
    operation["responses"].pop("422", None)
    for status, answer in problem_responses(*sorted(statuses)).items():
        operation["responses"].setdefault(str(status), answer)


def query_names(app: FastAPI) -> Mapping[str, frozenset[str]]:
    """The names of each operation's query parameters, by operation id; made once."""
    if app.state.query_names is None:
        app.state.query_names = {
            operation["operationId"]: frozenset(
                parameter["name"]
                for parameter in operation.get("parameters", ())
                if parameter["in"] == "query"
            )
            for operations in describe(app)["paths"].values()
            for method, operation in operations.items()
            if method in METHODS
        }
    found: Mapping[str, frozenset[str]] = app.state.query_names
    return found
