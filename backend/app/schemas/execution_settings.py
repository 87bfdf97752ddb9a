"""A wallet's execution settings."""

from decimal import Decimal
from typing import Annotated, Any, Final

from pydantic import Field

from app.domain.execution_settings import SlippageUnit
from app.schemas.decimal_input import EXACT
from app.schemas.figures import Answer, DecimalText, Instant
from app.schemas.request import RequestBody

_LEFT_OUT: Final[Any] = None  # a default that is never read: only the fields that were sent are
Slippage = Annotated[
    Decimal, Field(max_digits=12, decimal_places=4, description="In the unit beside it"), EXACT
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


class ExecutionSettingsPatch(RequestBody):
    """The settings to change; what is left out stays."""

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
