"""Risk settings of the asking user. The ETag is the version; If-Match refuses to change an older one."""

from fastapi import APIRouter, Response

from app.api.deps import Parts, Tenant
from app.api.etags import MatchedVersion, set_etag
from app.schemas.risk import RiskSettingsOut, RiskSettingsPatch
from app.services.trading.risk_settings import RiskSettings
from app.services.trading.settings_views import settings_view

router = APIRouter(prefix="/risk/settings", tags=["risk"])


@router.get("")
async def read_risk_settings(parts: Parts, tenant: Tenant, response: Response) -> RiskSettingsOut:
    """The user's risk settings."""
    settings = await parts.risk_settings(tenant.session).read(tenant.user_id)
    return _answer(settings, response)


@router.patch("")
async def change_risk_settings(
    patch: RiskSettingsPatch, parts: Parts, tenant: Tenant, response: Response, version: MatchedVersion
) -> RiskSettingsOut:
    """Change some settings. Nothing is loosened while a loss limit is tripped."""
    changes = {name: getattr(patch, name) for name in patch.model_fields_set}
    settings = await parts.risk_settings(tenant.session).change(tenant.user_id, changes, version)
    return _answer(settings, response)


@router.delete("")
async def reset_risk_settings(
    parts: Parts, tenant: Tenant, response: Response, version: MatchedVersion
) -> RiskSettingsOut:
    """Set every limit back to its default; a pause stays."""
    settings = await parts.risk_settings(tenant.session).reset(tenant.user_id, version)
    return _answer(settings, response)


def _answer(settings: RiskSettings, response: Response) -> RiskSettingsOut:
    set_etag(response, settings.version)
    return RiskSettingsOut.model_validate(settings_view(settings, RiskSettingsOut.model_fields))
