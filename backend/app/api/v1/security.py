"""The second factor of the asking user, and proving again who sits there."""

from fastapi import APIRouter, Response

from app.api.deps import CurrentUser, NeedsProof, Parts, Tenant
from app.api.desk import answer
from app.schemas.security import (
    AccountSecurityOut,
    RecoveryCodesOut,
    StepUpIn,
    StepUpOut,
    TwoFactorCode,
    TwoFactorSetupOut,
)

router = APIRouter(tags=["identity"])


@router.post("/auth/step-up", response_model=StepUpOut)
async def step_up(body: StepUpIn, parts: Parts, user: CurrentUser) -> Response:
    """Show again who sits there. What is refused as `step_up_required` is let through for a while."""
    return answer(await parts.step_up.prove(user, body.password, body.code))


@router.get("/account/security", response_model=AccountSecurityOut)
async def read_account_security(parts: Parts, tenant: Tenant) -> Response:
    """How signing in is secured."""
    state = await parts.second_factor(tenant.session).state(tenant.user_id)
    return answer({"two_factor": state, "proved_until": parts.proof(tenant.user).until})


@router.post("/account/two-factor", response_model=TwoFactorSetupOut, dependencies=[NeedsProof])
async def begin_two_factor(parts: Parts, tenant: Tenant) -> Response:
    """A new secret for an authenticator. It counts from its first right code on."""
    factor = parts.second_factor(tenant.session)
    return answer(await factor.begin(tenant.user_id, tenant.user.email))


@router.post("/account/two-factor/confirm", response_model=RecoveryCodesOut, dependencies=[NeedsProof])
async def confirm_two_factor(body: TwoFactorCode, parts: Parts, tenant: Tenant) -> Response:
    """Ask for codes at sign-in from now on. The recovery codes in the answer are never shown again."""
    await parts.count_code(tenant.user_id)
    codes = await parts.second_factor(tenant.session).confirm(tenant.user_id, body.code)
    return answer({"recovery_codes": codes})


@router.post("/account/two-factor/recovery-codes", response_model=RecoveryCodesOut, dependencies=[NeedsProof])
async def renew_recovery_codes(parts: Parts, tenant: Tenant) -> Response:
    """New recovery codes; the old ones stop working. They are never shown again."""
    codes = await parts.second_factor(tenant.session).renew_codes(tenant.user_id)
    return answer({"recovery_codes": codes})


@router.delete("/account/two-factor", status_code=204, dependencies=[NeedsProof])
async def turn_off_two_factor(parts: Parts, tenant: Tenant) -> None:
    """Ask for no code any more."""
    await parts.second_factor(tenant.session).turn_off(tenant.user_id)
