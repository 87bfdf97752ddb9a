"""What the asking user adds to the journal: notes, tags, ratings, screenshots, saved views."""

from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter, Request, Response

from app.api.deps import CurrentUser, Parts, Tenant
from app.api.desk import answer
from app.api.etags import MatchedVersion, set_etag
from app.repositories.journal_notes import NoteRecord
from app.schemas.journal_note import (
    SavedViewIn,
    SavedViewOut,
    SavedViewsOut,
    ScreenshotOut,
    ScreenshotsOut,
    TagsOut,
    TradeNoteOut,
    TradeNotePatch,
)

router = APIRouter(prefix="/journal", tags=["journal"])
PICTURE_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            kind: {"schema": {"type": "string", "format": "binary"}}
            for kind in ("image/png", "image/jpeg", "image/webp")
        },
    }
}


@router.get("/tags", response_model=TagsOut)
async def list_tags(parts: Parts, tenant: Tenant) -> Response:
    """The user's tags, most used first."""
    return answer({"items": await parts.journal_notes(tenant.session).tags(tenant.user_id)})


@router.get("/views", response_model=SavedViewsOut)
async def list_saved_views(parts: Parts, tenant: Tenant) -> Response:
    """The journal's saved views by name."""
    return answer({"items": await parts.journal_notes(tenant.session).views(tenant.user_id)})


@router.post("/views", response_model=SavedViewOut, status_code=HTTPStatus.CREATED)
async def save_view(body: SavedViewIn, parts: Parts, tenant: Tenant) -> Response:
    """Keep the journal's filters under a name."""
    view = await parts.journal_notes(tenant.session).save_view(tenant.user_id, body.name.strip(), body.search)
    return answer(view, HTTPStatus.CREATED)


@router.delete("/views/{view_id}", status_code=204)
async def remove_saved_view(view_id: UUID, parts: Parts, tenant: Tenant) -> None:
    """Let go of a saved view."""
    await parts.journal_notes(tenant.session).remove_view(tenant.user_id, view_id)


@router.get("/trades/{trade_id}/note")
async def read_trade_note(trade_id: UUID, parts: Parts, tenant: Tenant, response: Response) -> TradeNoteOut:
    """Note, tags and rating of a trade."""
    return _note(await parts.journal_notes(tenant.session).note(tenant.user_id, trade_id), response)


@router.patch("/trades/{trade_id}/note")
async def write_trade_note(
    trade_id: UUID,
    body: TradeNotePatch,
    parts: Parts,
    tenant: Tenant,
    response: Response,
    version: MatchedVersion,
) -> TradeNoteOut:
    """Write note or rating of a trade."""
    changes = {name: getattr(body, name) for name in body.model_fields_set}
    notes = parts.journal_notes(tenant.session)
    return _note(await notes.write(tenant.user_id, trade_id, changes, version), response)


@router.get("/trades/{trade_id}/screenshots", response_model=ScreenshotsOut)
async def list_screenshots(trade_id: UUID, parts: Parts, tenant: Tenant) -> Response:
    """The pictures beside a trade, oldest first."""
    return answer({"items": await parts.journal_notes(tenant.session).screenshots(tenant.user_id, trade_id)})


@router.post(
    "/trades/{trade_id}/screenshots",
    response_model=ScreenshotOut,
    status_code=HTTPStatus.CREATED,
    openapi_extra=PICTURE_BODY,
)
async def add_screenshot(trade_id: UUID, request: Request, parts: Parts, user: CurrentUser) -> Response:
    """Keep a picture (PNG, JPEG or WebP of at most 5 MB, as the body) beside a trade. It is drawn anew: whatever
    was in the file beside the pixels is gone. One after the other."""
    content = await request.body()
    return answer(await parts.screenshots.add(user.id, trade_id, content), HTTPStatus.CREATED)


@router.get("/screenshots/{screenshot_id}", response_class=Response)
async def load_screenshot(screenshot_id: UUID, parts: Parts, tenant: Tenant) -> Response:
    """The picture itself."""
    kind, content = await parts.journal_notes(tenant.session).screenshot(tenant.user_id, screenshot_id)
    return Response(content, media_type=kind, headers={"Content-Disposition": "inline"})


@router.delete("/screenshots/{screenshot_id}", status_code=204)
async def remove_screenshot(screenshot_id: UUID, parts: Parts, tenant: Tenant) -> None:
    """Let go of a picture for ever."""
    await parts.journal_notes(tenant.session).remove_screenshot(tenant.user_id, screenshot_id)


def _note(note: NoteRecord, response: Response) -> TradeNoteOut:
    set_etag(response, note.version)
    return TradeNoteOut(note=note.note, tags=note.tags, rating=note.rating, version=note.version)
