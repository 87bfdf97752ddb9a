"""Ready-made risk settings."""

from fastapi import APIRouter, Response

from app.api.deps import CurrentUser, Parts, Tenant
from app.api.desk import answer
from app.api.etags import MatchedVersion, set_etag
from app.domain.profiles import PROFILES, ProfileName
from app.schemas.risk import RiskSettingsOut
from app.schemas.scoped_risk import ProfileApply, Profiles
from app.services.trading.settings_views import held_view, profile_view

router = APIRouter(prefix="/risk/profiles", tags=["risk"])


@router.get("", response_model=Profiles)
async def list_risk_profiles(_: CurrentUser) -> Response:
    """The ready-made settings; the platform's floor stays under every one of them."""
    return answer({"items": [profile_view(profile) for profile in PROFILES.values()]})


@router.post("/{profile}/apply")
async def apply_risk_profile(
    profile: ProfileName,
    body: ProfileApply,
    parts: Parts,
    tenant: Tenant,
    response: Response,
    version: MatchedVersion,
) -> RiskSettingsOut:
    """Take ready-made settings over: what tightens acts at once, what loosens waits until the next day."""
    desk = parts.risk_settings(tenant.session, tenant.prove)
    held = await desk.apply_profile(tenant.user_id, profile, version, body.consent)
    set_etag(response, held.row.version)
    return RiskSettingsOut.model_validate(held_view(held, RiskSettingsOut.model_fields))
