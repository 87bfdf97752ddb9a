"""POSTs that are safe to repeat: the same Idempotency-Key and body get the same answer.

    @router.post("/positions/{trade_id}/close", status_code=202)
    async def close_position(trade_id: UUID, once: Once) -> Response: ...
        return await once.answer(202, work)

`work` gives the answer's model. It must do no harm when run twice with the same key (see
services.idempotency); `once.reference` is an id that is the same for each request with it.
"""

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Final
from uuid import UUID

from fastapi import Depends, Header, Request, Response
from pydantic import BaseModel

from app.api.deps import CurrentUser, Parts
from app.core.errors import AppError
from app.services.idempotency import IdempotencyKeys, StoredAnswer, reference_of

REPLAYED_HEADER: Final = "Idempotent-Replayed"
Key = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        min_length=8,
        max_length=100,
        pattern=r"^[A-Za-z0-9._:-]+$",
        description="Chosen by the client, one for each intention; the same for every retry of it",
    ),
]


@dataclass(frozen=True, slots=True)
class IdempotentRequest:
    """One request with its key."""

    keys: IdempotencyKeys
    user_id: UUID
    key: str
    operation: str
    request_hash: str

    @property
    def reference(self) -> UUID:
        """An id for what this request makes, the same for each request with its key."""
        return reference_of(self.user_id, self.key)

    async def answer(self, status_code: int, work: Callable[[], Awaitable[BaseModel]]) -> Response:
        """The answer that was given to this key before, or the one that `work` gives now."""
        stored = await self.keys.take(
            self.user_id, self.key, operation=self.operation, request_hash=self.request_hash
        )
        if stored is not None:
            return _reply(stored, {REPLAYED_HEADER: "true"})
        try:
            model = await work()
        except AppError as error:
            if error.status < HTTPStatus.INTERNAL_SERVER_ERROR:
                await self.keys.give_back(self.user_id, self.key)
            raise
        fresh = StoredAnswer(status_code, model.model_dump_json().encode())
        await self.keys.keep(self.user_id, self.key, fresh)
        return _reply(fresh, {})


def _reply(answer: StoredAnswer, headers: dict[str, str]) -> Response:
    return Response(answer.body, answer.status_code, headers, media_type="application/json")


async def idempotent_request(
    request: Request, parts: Parts, user: CurrentUser, key: Key
) -> IdempotentRequest:
    """The request with its key; a request without one is refused."""
    body = await request.body()
    operation = f"{request.method} {request.url.path}"
    return IdempotentRequest(parts.keys, user.id, key, operation, hashlib.sha256(body).hexdigest())


Once = Annotated[IdempotentRequest, Depends(idempotent_request)]
