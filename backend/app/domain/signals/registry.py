"""The strategies there are. Adding one here is all that the rest of the product needs."""

from typing import Final

from app.domain.signals.donchian_breakout import DonchianBreakout
from app.domain.signals.ema_trend import EmaTrend
from app.domain.signals.protocol import Strategy

STRATEGIES: Final[dict[str, Strategy]] = {
    strategy.id: strategy for strategy in (EmaTrend(), DonchianBreakout())
}
MAX_WARM_UP_BARS: Final = max(strategy.warm_up_bars for strategy in STRATEGIES.values())


def strategy(strategy_id: str) -> Strategy | None:
    """Return the strategy of that id, None when there is none."""
    return STRATEGIES.get(strategy_id)
