"""When the asking user wants to trade: over all wallets, at one venue, or in one wallet. The ETag is the version."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

import msgspec
from fastapi import APIRouter, Path, Response

from app.api.deps import Parts, Tenant
from app.api.etags import MatchedVersion, set_etag
from app.schemas.trading_schedule import TradingScheduleOut, TradingSchedulePatch
from app.services.trading_schedules import TradingSchedules, TradingScheduleView

router = APIRouter(tags=["risk"])
VenueName = Annotated[str, Path(min_length=1, max_length=50, examples=["paper"])]


@router.get("/risk/schedule")
async def read_trading_schedule(parts: Parts, tenant: Tenant, response: Response) -> TradingScheduleOut:
    """The user's own trading schedule, over all wallets, and what it says now."""
    return await _Asked(parts, tenant, response).read()


@router.patch("/risk/schedule")
async def change_trading_schedule(
    body: TradingSchedulePatch, parts: Parts, tenant: Tenant, response: Response, version: MatchedVersion
) -> TradingScheduleOut:
    """Change the user's own trading schedule. It acts at once, for open positions too: what should have been left
    before hours that are closed now is left. What loosens it asks for a recent proof."""
    return await _Asked(parts, tenant, response).change(body, version)


@router.get("/venues/{venue}/schedule")
async def read_venue_trading_schedule(
    venue: VenueName, parts: Parts, tenant: Tenant, response: Response
) -> TradingScheduleOut:
    """The trading schedule of the user's wallets at a venue, which holds beside the user's own and the wallets'."""
    return await _Asked(parts, tenant, response, venue=venue).read()


@router.patch("/venues/{venue}/schedule")
async def change_venue_trading_schedule(
    venue: VenueName,
    body: TradingSchedulePatch,
    parts: Parts,
    tenant: Tenant,
    response: Response,
    version: MatchedVersion,
) -> TradingScheduleOut:
    """Change the trading schedule of the user's wallets at a venue, at once, for open positions too. What loosens it
    asks for a recent proof."""
    return await _Asked(parts, tenant, response, venue=venue).change(body, version)


@router.get("/wallets/{wallet_id}/schedule")
async def read_wallet_trading_schedule(
    wallet_id: UUID, parts: Parts, tenant: Tenant, response: Response
) -> TradingScheduleOut:
    """A wallet's trading schedule, which holds beside the user's own."""
    await parts.wallets(tenant.session, tenant.prove).one(tenant.user_id, wallet_id)
    return await _Asked(parts, tenant, response, wallet_id=wallet_id).read()


@router.patch("/wallets/{wallet_id}/schedule")
async def change_wallet_trading_schedule(
    wallet_id: UUID,
    body: TradingSchedulePatch,
    parts: Parts,
    tenant: Tenant,
    response: Response,
    version: MatchedVersion,
) -> TradingScheduleOut:
    """Change a wallet's trading schedule, at once, for open positions too. What loosens it asks for a recent proof."""
    await parts.wallets(tenant.session, tenant.prove).one(tenant.user_id, wallet_id)
    return await _Asked(parts, tenant, response, wallet_id=wallet_id).change(body, version)


def _changes(body: TradingSchedulePatch) -> dict[str, object]:
    sent = body.model_dump(mode="json", include=body.model_fields_set)
    for hours in sent.get("hours", ()):
        hours["opens"], hours["closes"] = f"{hours['opens']}:00", f"{hours['closes']}:00"
    if "leave_before_funding_percent" in sent:
        sent["leave_before_funding_percent"] = body.leave_before_funding_percent
    return sent


@dataclass(frozen=True, slots=True)
class _Asked:
    """One request about the schedule of all wallets, of a venue or of a wallet."""

    parts: Parts
    tenant: Tenant
    response: Response
    venue: str | None = None
    wallet_id: UUID | None = None

    async def read(self) -> TradingScheduleOut:
        user = self.tenant.user
        return self._answer(
            await self._desk().read(
                self.tenant.user_id, user.time_zone, venue=self.venue, wallet_id=self.wallet_id
            )
        )

    async def change(self, body: TradingSchedulePatch, version: int | None) -> TradingScheduleOut:
        user = self.tenant.user
        changed = await self._desk().change(
            self.tenant.user_id,
            user.time_zone,
            _changes(body),
            version,
            venue=self.venue,
            wallet_id=self.wallet_id,
        )
        return self._answer(changed)

    def _desk(self) -> TradingSchedules:
        return self.parts.trading_schedules(self.tenant.session, self.tenant.prove)

    def _answer(self, view: TradingScheduleView) -> TradingScheduleOut:
        set_etag(self.response, view.version)
        return TradingScheduleOut.model_validate(msgspec.to_builtins(view))
