"""The asking user's own account."""

from http import HTTPStatus

from fastapi import APIRouter, Response

from app.api.deps import Parts, Tenant
from app.api.desk import answer
from app.schemas.account import AccountOut, AccountPatch, DeletionRequest

router = APIRouter(prefix="/account", tags=["identity"])


@router.get("", response_model=AccountOut)
async def read_account(parts: Parts, tenant: Tenant) -> Response:
    """What waits, when the account ends, and what is used of its quotas."""
    return answer(await parts.account(tenant.session, tenant.prove).read(tenant.user_id))


@router.patch("", response_model=AccountOut)
async def change_account(body: AccountPatch, parts: Parts, tenant: Tenant) -> Response:
    """Another time zone. It is a loosening: it waits until the next day, longer while a loss limit is tripped."""
    account = parts.account(tenant.session, tenant.prove)
    return answer(await account.change_time_zone(tenant.user_id, body.time_zone))


@router.delete("/pending-time-zone", response_model=AccountOut)
async def keep_time_zone(parts: Parts, tenant: Tenant) -> Response:
    """Give up a change of the time zone that waits."""
    return answer(await parts.account(tenant.session, tenant.prove).keep_time_zone(tenant.user_id))


@router.post("/deletion", response_model=AccountOut, status_code=HTTPStatus.ACCEPTED)
async def ask_for_deletion(body: DeletionRequest, parts: Parts, tenant: Tenant) -> Response:
    """Let the account end after some days of grace. Entries stop at once; refused while positions are open."""
    account = parts.account(tenant.session, tenant.prove)
    return answer(await account.ask_for_deletion(tenant.user_id, body.email), HTTPStatus.ACCEPTED)


@router.delete("/deletion", response_model=AccountOut)
async def keep_account(parts: Parts, tenant: Tenant) -> Response:
    """Give the deletion up."""
    return answer(await parts.account(tenant.session, tenant.prove).keep_account(tenant.user_id))
