"""A wallet's execution settings."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Final

from pydantic import Field

from app.domain.execution_settings import BOUNDS, LARGEST, SMALLEST_SLIPPAGE, SlippageUnit
from app.schemas.bounded import BoundedBody
from app.schemas.decimal_input import EXACT
from app.schemas.figures import Answer, DecimalText, Instant

_LEFT_OUT: Final[Any] = None  # a default that is never read: only the fields that were sent are
MOST: Final = ", ".join(f"{most} {unit.value}" for unit, most in LARGEST.items())
Slippage = Annotated[
    Decimal,
    Field(max_digits=12, decimal_places=4, description=f"In the unit beside it; at most {MOST}"),
    EXACT,
]
Seconds = Annotated[Decimal, Field(max_digits=6, decimal_places=2), EXACT]
Count = Annotated[int, Field(ge=-(2**31), lt=2**31)]


class ExecutionSettingsOut(Answer):
    """How the wallet's entries are carried out. `max_slippage`: the worst fill against the decision price that
    one accepts; `max_deviation`: how far the market may have moved against it since the decision; both in
    basis points, percent or points (price ticks). `retry_*`: refusals that time cures. `use_market_orders`
    false: always capped. `confirm_trades`: an entry waits for your yes, at most `confirm_seconds`."""

    max_slippage: DecimalText
    max_slippage_unit: SlippageUnit
    max_deviation: DecimalText
    max_deviation_unit: SlippageUnit
    retry_attempts: int
    retry_delay_seconds: DecimalText
    execution_timeout_seconds: DecimalText
    use_market_orders: bool
    confirm_trades: bool
    confirm_seconds: int
    version: int
    updated_at: Instant | None


class ExecutionSettingsPatch(BoundedBody):
    """The settings to change; what is left out stays."""

    bounds: ClassVar[Mapping[str, tuple[Decimal, Decimal]]] = BOUNDS | dict.fromkeys(
        ("max_slippage", "max_deviation"), (SMALLEST_SLIPPAGE, max(LARGEST.values()))
    )

    max_slippage: Slippage = _LEFT_OUT
    max_slippage_unit: SlippageUnit = _LEFT_OUT
    max_deviation: Slippage = _LEFT_OUT
    max_deviation_unit: SlippageUnit = _LEFT_OUT
    retry_attempts: Count = _LEFT_OUT
    retry_delay_seconds: Seconds = _LEFT_OUT
    execution_timeout_seconds: Seconds = _LEFT_OUT
    use_market_orders: bool = _LEFT_OUT
    confirm_trades: bool = _LEFT_OUT
    confirm_seconds: Count = _LEFT_OUT
