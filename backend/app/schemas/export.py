"""Exports."""

from datetime import UTC
from typing import Annotated, Literal
from uuid import UUID

from pydantic import ConfigDict, Field, JsonValue

from app.domain.tax_lots import LotMethod
from app.schemas.figures import Answer, Instant
from app.schemas.moments import Moment
from app.schemas.request import PlainText, RequestBody

Name = Annotated[PlainText, Field(min_length=1, max_length=50)]


class ExportFilter(RequestBody):
    """Which rows; what is left out lets all pass."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    wallet_id: UUID | None = None
    symbol: Name | None = Field(None, examples=["BTC/USDT:USDT"])
    status: Annotated[str, Field(pattern=r"^[A-Za-z_]{1,20}$")] | None = None
    action: Annotated[str, Field(pattern=r"^[A-Za-z_]{1,20}$")] | None = None
    order_type: Annotated[str, Field(pattern=r"^[A-Za-z_]{1,20}$")] | None = None
    strategy: Name | None = None
    side: Literal["long", "short"] | None = None
    environment: Literal["paper", "live"] | None = None
    exit_reason: Annotated[str, Field(pattern=r"^[a-z_]{1,20}$")] | None = None
    tag: Annotated[PlainText, Field(min_length=1, max_length=40)] | None = None
    begin: Moment | None = Field(None, alias="from")
    end: Moment | None = Field(None, alias="to")

    def wishes(self) -> dict[str, object]:
        """What was asked for, as it is stored."""
        held: dict[str, object] = {}
        for name in self.model_fields_set:
            value = getattr(self, name)
            if value is None:
                continue
            if name in ("begin", "end"):
                held["from" if name == "begin" else "to"] = value.astimezone(UTC).isoformat()
            else:
                held[name] = str(value)
        return held


class ExportRequest(RequestBody):
    """What to export and how. `method` is for tax lots; an account is exported whole, as `zip`."""

    kind: Literal["trades", "executions", "tax_lots", "account"]
    format: Literal["csv", "json", "parquet", "zip"] = "csv"
    filter: ExportFilter = ExportFilter()
    method: LotMethod = LotMethod.FIFO


class ExportOut(Answer):
    """An export; `rows_total` is null before the job began. Its file is loaded from `/exports/{id}/file`."""

    id: UUID
    kind: Literal["trades", "executions", "tax_lots", "account"]
    format: Literal["csv", "json", "parquet", "zip"]
    wishes: dict[str, JsonValue]
    status: Literal["waiting", "running", "done", "failed", "cancelled", "expired"]
    rows_done: int
    rows_total: int | None
    size_bytes: int | None
    error: str | None
    created_at: Instant
    finished_at: Instant | None
    expires_at: Instant


class ExportsOut(Answer):
    """The newest exports, newest first."""

    items: list[ExportOut]
