"""What tests read from answers, and the headers that they send again and again."""

from uuid import uuid4

import httpx

from tests.api.desk_world import Person


def code(answer: httpx.Response) -> tuple[int, str]:
    """An answer's status and the stable code of its problem, which must be whole."""
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == answer.status_code
    assert problem["request_id"] == answer.headers["X-Request-ID"]
    assert problem["detail"]
    return answer.status_code, problem["code"]


def keyed(person: Person, key: str | None = None) -> dict[str, str]:
    """The headers of a signed-in request that is done once per `key` (None: a key of its own)."""
    return person.headers | {"Idempotency-Key": key or uuid4().hex}
