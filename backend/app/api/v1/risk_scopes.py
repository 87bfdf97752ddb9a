"""Limits of single strategies and symbols, and the limits that there are at all."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Response

from app.api.deps import CurrentUser, Parts, Tenant
from app.api.desk import SettingName, answer
from app.api.etags import MatchedVersion, set_etag
from app.core.errors import FieldError, InvalidInputError, NotFoundError
from app.domain.limit_table import LIMITS
from app.domain.signals.registry import STRATEGIES
from app.domain.symbols import SymbolError, normalise_symbol
from app.domain.types import RiskLevel
from app.schemas.scoped_risk import (
    Limits,
    LimitScope,
    ScopedRiskSettingsList,
    ScopedRiskSettingsOut,
    ScopedRiskSettingsPatch,
)
from app.services.trading.loosening import Owner
from app.services.trading.risk_settings import HeldSettings
from app.services.trading.settings_views import held_view, limit_view

router = APIRouter(prefix="/risk", tags=["risk"])


async def scope_owner(
    scope: LimitScope,
    key: Annotated[str, Path(max_length=50, description="A strategy, or a symbol such as BTC")],
    tenant: Tenant,
) -> Owner:
    """The strategy or symbol that is named, which must exist."""
    if scope is LimitScope.STRATEGY:
        if key not in STRATEGIES:
            raise NotFoundError(f"There is no strategy {key}.")
        return Owner(tenant.user_id, RiskLevel.STRATEGY, key)
    try:
        return Owner(tenant.user_id, RiskLevel.SYMBOL, normalise_symbol(key))
    except SymbolError as error:
        refused = FieldError("key", "unknown_symbol", error.reason, None, key)
        raise InvalidInputError(error.reason, code="unknown_symbol", errors=(refused,)) from error


ScopeOwner = Annotated[Owner, Depends(scope_owner)]


@router.get("/limits", response_model=Limits)
async def list_limits(_: CurrentUser) -> Response:
    """Every limit as it is declared: what it means, its unit, and at which levels it may stand."""
    return answer({"items": [limit_view(declared) for declared in LIMITS]})


@router.get("/scopes")
async def list_scoped_risk_settings(parts: Parts, tenant: Tenant) -> ScopedRiskSettingsList:
    """Strategies and symbols with limits of their own."""
    held = await parts.risk_settings(tenant.session, tenant.prove).scopes(tenant.user_id)
    return ScopedRiskSettingsList(items=[_out(one) for one in held])


@router.patch("/scopes/{scope}/{key}")
async def change_scoped_risk_settings(
    owner: ScopeOwner,
    body: ScopedRiskSettingsPatch,
    parts: Parts,
    tenant: Tenant,
    response: Response,
    version: MatchedVersion,
) -> ScopedRiskSettingsOut:
    """Change the limits of one strategy or symbol. What tightens acts at once; what loosens, or is taken
    away, waits until the next day."""
    changes = {name: getattr(body, name) for name in body.model_fields_set}
    held = await parts.risk_settings(tenant.session, tenant.prove).change_scope(owner, changes, version)
    set_etag(response, held.row.version)
    return _out(held)


@router.delete("/scopes/{scope}/{key}/pending/{setting}")
async def cancel_pending_scoped_risk_setting(
    owner: ScopeOwner, setting: SettingName, parts: Parts, tenant: Tenant, response: Response
) -> ScopedRiskSettingsOut:
    """Give up a loosening that waits."""
    held = await parts.risk_settings(tenant.session, tenant.prove).cancel_scope(owner, setting)
    set_etag(response, held.row.version)
    return _out(held)


def _out(held: HeldSettings) -> ScopedRiskSettingsOut:
    return ScopedRiskSettingsOut.model_validate(held_view(held, ScopedRiskSettingsOut.model_fields))
