"""When the asking user wants to trade: over all wallets, at one venue, or in one wallet. The ETag is the version."""

from typing import Annotated
from uuid import UUID

import msgspec
from fastapi import APIRouter, Path, Response

from app.api.deps import Parts, Tenant
from app.api.etags import MatchedVersion, set_etag
from app.schemas.trading_schedule import TradingScheduleOut, TradingSchedulePatch
from app.services.trading_schedules import TradingScheduleView

router = APIRouter(tags=["risk"])
VenueName = Annotated[str, Path(min_length=1, max_length=50, examples=["paper"])]


@router.get("/risk/schedule")
async def read_trading_schedule(parts: Parts, tenant: Tenant, response: Response) -> TradingScheduleOut:
    """The user's own trading schedule, over all wallets, and what it says now."""
    desk = parts.trading_schedules(tenant.session, tenant.prove)
    return _answer(await desk.read(tenant.user_id, tenant.user.time_zone), response)


@router.patch("/risk/schedule")
async def change_trading_schedule(
    body: TradingSchedulePatch, parts: Parts, tenant: Tenant, response: Response, version: MatchedVersion
) -> TradingScheduleOut:
    """Change the user's own trading schedule. It acts at once, for open positions too: what should have been left
    before hours that are closed now is left. What loosens it asks for a recent proof."""
    desk = parts.trading_schedules(tenant.session, tenant.prove)
    zone = tenant.user.time_zone
    return _answer(await desk.change(tenant.user_id, zone, _changes(body), version), response)


@router.get("/venues/{venue}/schedule")
async def read_venue_trading_schedule(
    venue: VenueName, parts: Parts, tenant: Tenant, response: Response
) -> TradingScheduleOut:
    """The trading schedule of the user's wallets at a venue, which holds beside the user's own and the wallets'."""
    desk = parts.trading_schedules(tenant.session, tenant.prove)
    return _answer(await desk.read(tenant.user_id, tenant.user.time_zone, venue=venue), response)


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
    desk = parts.trading_schedules(tenant.session, tenant.prove)
    zone = tenant.user.time_zone
    return _answer(await desk.change(tenant.user_id, zone, _changes(body), version, venue=venue), response)


@router.get("/wallets/{wallet_id}/schedule")
async def read_wallet_trading_schedule(
    wallet_id: UUID, parts: Parts, tenant: Tenant, response: Response
) -> TradingScheduleOut:
    """A wallet's trading schedule, which holds beside the user's own."""
    await parts.wallets(tenant.session, tenant.prove).one(tenant.user_id, wallet_id)
    desk = parts.trading_schedules(tenant.session, tenant.prove)
    return _answer(await desk.read(tenant.user_id, tenant.user.time_zone, wallet_id=wallet_id), response)


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
    desk = parts.trading_schedules(tenant.session, tenant.prove)
    zone = tenant.user.time_zone
    changed = await desk.change(tenant.user_id, zone, _changes(body), version, wallet_id=wallet_id)
    return _answer(changed, response)


def _changes(body: TradingSchedulePatch) -> dict[str, object]:
    sent = body.model_dump(mode="json", include=body.model_fields_set)
    for hours in sent.get("hours", ()):
        hours["opens"], hours["closes"] = f"{hours['opens']}:00", f"{hours['closes']}:00"
    if "leave_before_funding_percent" in sent:
        sent["leave_before_funding_percent"] = body.leave_before_funding_percent
    return sent


def _answer(view: TradingScheduleView, response: Response) -> TradingScheduleOut:
    set_etag(response, view.version)
    return TradingScheduleOut.model_validate(msgspec.to_builtins(view))
