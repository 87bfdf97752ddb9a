"""Risk settings of the asking user. The ETag is the version; If-Match refuses to change an older one."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from app.api.deps import CurrentUser, Parts, Tenant
from app.api.desk import Desk, SettingName, answer
from app.api.etags import MatchedVersion, set_etag
from app.schemas.decision import SettingsPreview
from app.schemas.risk import RiskSettingsOut, RiskSettingsPatch
from app.services.trading.risk_settings import HeldSettings
from app.services.trading.settings_views import held_view

router = APIRouter(prefix="/risk/settings", tags=["risk"])


@router.get("")
async def read_risk_settings(parts: Parts, tenant: Tenant, response: Response) -> RiskSettingsOut:
    """The user's risk settings."""
    settings = await parts.risk_settings(tenant.session, tenant.prove).read(tenant.user_id)
    return _answer(settings, response)


@router.patch("")
async def change_risk_settings(
    patch: RiskSettingsPatch, parts: Parts, tenant: Tenant, response: Response, version: MatchedVersion
) -> RiskSettingsOut:
    """Change some settings. What tightens acts at once; what loosens waits until the next day in the user's
    time zone, and longer while a loss limit is tripped."""
    changes = {name: getattr(patch, name) for name in patch.model_fields_set - {"consent"}}
    desk = parts.risk_settings(tenant.session, tenant.prove)
    return _answer(await desk.change(tenant.user_id, changes, version, patch.consent), response)


@router.post("/preview", response_model=SettingsPreview)
async def preview_risk_settings(patch: RiskSettingsPatch, user: CurrentUser, desk: Desk) -> Response:
    """Replay a change over the decisions of the last 90 days: which would be blocked, which let through.
    Nothing is changed."""
    changes = {name: getattr(patch, name) for name in patch.model_fields_set - {"consent"}}
    return answer(await desk.risk_receipts.preview(user.id, changes))


@router.delete("")
async def reset_risk_settings(
    parts: Parts,
    tenant: Tenant,
    response: Response,
    version: MatchedVersion,
    consent: Annotated[str | None, Query(max_length=40, description="Where a limit is taken away")] = None,
) -> RiskSettingsOut:
    """Set every limit back to its default; a pause stays. What that loosens waits like any loosening."""
    settings = await parts.risk_settings(tenant.session, tenant.prove).reset(tenant.user_id, version, consent)
    return _answer(settings, response)


@router.delete("/pending/{setting}")
async def cancel_pending_risk_setting(
    setting: SettingName, parts: Parts, tenant: Tenant, response: Response
) -> RiskSettingsOut:
    """Give up a loosening that waits."""
    return _answer(
        await parts.risk_settings(tenant.session, tenant.prove).cancel(tenant.user_id, setting), response
    )


def _answer(held: HeldSettings, response: Response) -> RiskSettingsOut:
    set_etag(response, held.row.version)
    return RiskSettingsOut.model_validate(held_view(held, RiskSettingsOut.model_fields))
