"""Exports of the asking user: asked for, followed, loaded."""

from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter, Response
from fastapi.responses import FileResponse

from app.api.deps import CurrentUser, Parts
from app.api.desk import answer
from app.api.errors import problem_responses
from app.schemas.export import ExportOut, ExportRequest, ExportsOut
from app.services.exports import ExportKind
from app.services.market_directory import unified_symbol

router = APIRouter(prefix="/exports", tags=["exports"])
MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
    "parquet": "application/vnd.apache.parquet",
    "zip": "application/zip",
}


@router.post("", response_model=ExportOut, status_code=HTTPStatus.ACCEPTED)
async def ask_for_export(body: ExportRequest, parts: Parts, user: CurrentUser) -> Response:
    """Let a job export rows of any number; its progress is read from the answer's id. The whole account asks for
    a recent proof."""
    kind = ExportKind(body.kind)
    if kind is ExportKind.ACCOUNT:
        parts.proving(user)()
    wishes = body.filter.wishes()
    if body.filter.symbol is not None:
        wishes["symbol"] = unified_symbol(body.filter.symbol)
    if kind is ExportKind.TRADES and "status" in wishes:
        wishes["status"] = str(wishes["status"]).upper()
    if kind is ExportKind.TAX_LOTS:
        wishes["method"] = body.method.value
    form = "zip" if kind is ExportKind.ACCOUNT else body.format
    return answer(await parts.exports.ask(user.id, kind, form, wishes), HTTPStatus.ACCEPTED)


@router.get("", response_model=ExportsOut)
async def list_exports(parts: Parts, user: CurrentUser) -> Response:
    """The newest exports, newest first."""
    return answer({"items": await parts.exports.newest(user.id)})


@router.get("/{export_id}", response_model=ExportOut)
async def read_export(export_id: UUID, parts: Parts, user: CurrentUser) -> Response:
    """How far an export is."""
    return answer(await parts.exports.one(user.id, export_id))


@router.delete("/{export_id}", response_model=ExportOut)
async def cancel_export(export_id: UUID, parts: Parts, user: CurrentUser) -> Response:
    """Stop an export, or take its file away."""
    return answer(await parts.exports.cancel(user.id, export_id))


@router.get(
    "/{export_id}/file", response_class=FileResponse, responses=problem_responses(HTTPStatus.CONFLICT)
)
async def load_export(export_id: UUID, parts: Parts, user: CurrentUser) -> FileResponse:
    """The finished file."""
    view, path = await parts.exports.file(user.id, export_id)
    name = f"stackalpha-{view.kind}-{view.created_at:%Y%m%d-%H%M}.{view.format}"
    return FileResponse(path, media_type=MEDIA_TYPES[view.format], filename=name)
