"""The platform's own limits, for administrators."""

from fastapi import APIRouter, Response

from app.api.deps import AdminUser, NeedsProof, Parts, Tenant
from app.api.desk import SettingName, answer
from app.schemas.platform_limits import PlatformLimitList, PlatformLimitPut

router = APIRouter(prefix="/admin/risk/limits", tags=["admin"])


@router.get("", response_model=PlatformLimitList)
async def list_platform_limits(_: AdminUser, parts: Parts, tenant: Tenant) -> Response:
    """What binds everybody: the built-in floor and what the operator tightened."""
    return answer({"items": await parts.platform_limits(tenant.session).list_all()})


@router.put("/{setting}", response_model=PlatformLimitList, dependencies=[NeedsProof])
async def set_platform_limit(
    setting: SettingName, body: PlatformLimitPut, admin: AdminUser, parts: Parts, tenant: Tenant
) -> Response:
    """Tighten a limit for everybody, at once."""
    limits = parts.platform_limits(tenant.session)
    return answer({"items": await limits.store(admin.id, setting, body.value)})


@router.delete("/{setting}", response_model=PlatformLimitList, dependencies=[NeedsProof])
async def remove_platform_limit(
    setting: SettingName, admin: AdminUser, parts: Parts, tenant: Tenant
) -> Response:
    """Take the operator's own value away; what is built in stays."""
    return answer({"items": await parts.platform_limits(tenant.session).remove(admin.id, setting)})
