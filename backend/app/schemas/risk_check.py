"""An entry that somebody asks about, and the gate's answer."""

from decimal import Decimal
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from app.domain.types import Side, SizingMethod
from app.schemas.decimal_input import EXACT
from app.schemas.decision import Breach
from app.schemas.figures import Answer, DecimalText, Instant, Symbol
from app.schemas.request import PlainText, RequestBody
from app.schemas.risk_limits import Confidence

Price = Annotated[
    Decimal,
    Field(gt=0, le=1_000_000_000, max_digits=20, decimal_places=10, description="Quote currency"),
    EXACT,
]


class EntryCheck(RequestBody):
    """An entry to be sized and judged for one wallet. Without an entry price it is the mark price now."""

    wallet_id: UUID
    symbol: Annotated[PlainText, Field(min_length=1, max_length=50)] = Field(examples=["BTC"])
    side: Side
    entry_price: Price | None = None
    stop_price: Price
    take_profit_price: Price | None = None
    signal_confidence: Annotated[Confidence, Field(ge=0, le=1)] | None = None
    strategy: Annotated[PlainText, Field(min_length=1, max_length=50)] | None = None
    position_sizing_method: SizingMethod | None = Field(None, description="Another than the wallet's own")

    @model_validator(mode="after")
    def _stop_is_not_the_entry(self) -> Self:
        if self.entry_price is not None and self.entry_price == self.stop_price:
            raise PydanticCustomError("stop_equals_entry", "the stop is the entry price: nothing to size by")
        return self


class SizeCap(Answer):
    """A cap as it stood: the most notional that it allowed."""

    cap: str
    notional: DecimalText


class SizeSteps(Answer):
    """How a size came about. `risk_percent` of equity is what the method puts at risk, null where it asks for
    an amount; `budget` the same in quote currency; then every cap, and what rounding to whole steps took away."""

    risk_percent: DecimalText | None
    confidence_factor: DecimalText
    budget: DecimalText | None
    proposed_quantity: DecimalText
    proposed_notional: DecimalText
    caps: list[SizeCap]
    capped_quantity: DecimalText
    rounded_off: DecimalText


class ScopedBreach(Breach):
    """One reason of a refusal, and whose limit it is where one limit stands at several levels."""

    scope: str | None


class EntryAnswer(Answer):
    """What the gate would answer. `position_size_usd` is the notional; gauges are percent of the user's equity
    before the entry and after it."""

    approved: bool
    position_size_usd: DecimalText
    quantity: DecimalText
    notional: DecimalText
    margin: DecimalText
    risk_amount: DecimalText
    risk_r: DecimalText | None
    risk_reward: DecimalText | None
    method: SizingMethod
    binding_cap: str | None
    size_refusal: str | None
    steps: SizeSteps | None
    breaches: list[ScopedBreach]
    symbol: Symbol
    side: Side
    entry_price: DecimalText
    stop_price: DecimalText | None
    take_profit_price: DecimalText | None
    mark_price: DecimalText | None
    price_age_seconds: float | None
    leverage: int
    equity: DecimalText | None
    exposure_heat_percent: DecimalText | None
    exposure_heat_after_percent: DecimalText | None
    open_risk_percent: DecimalText | None
    open_risk_after_percent: DecimalText | None
    as_of: Instant
    rule_version: str
