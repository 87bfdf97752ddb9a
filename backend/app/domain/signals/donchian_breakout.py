"""donchian_breakout: enter when the close leaves the channel of the last bars."""

import math
from dataclasses import dataclass
from typing import Final

from app.domain.signals.features import Features
from app.domain.signals.protocol import CandleColumns, SignalProposal, confidence_of
from app.domain.timeframes import Timeframe
from app.domain.types import Side

CHANNEL: Final = 20
TREND: Final = 14
STOP_ATR: Final = 1.5
TARGET_R: Final = 3.0
VERSION: Final = 1  # grows with every change of what is proposed


@dataclass(frozen=True, slots=True)
class DonchianBreakout:
    """The close leaves the channel of the 20 bars before it, having been inside; stop 1.5 ATR, target 3 R."""

    id: str = "donchian_breakout"
    name: str = "Donchian breakout"
    description: str = (
        "Enters when a close leaves the channel of the 20 bars before it. Stop 1.5 ATR(14) away, target 3 R."
    )
    warm_up_bars: int = 120
    timeframes: tuple[Timeframe, ...] = tuple(Timeframe)

    def evaluate(self, candles: CandleColumns, features: Features | None = None) -> SignalProposal | None:
        """Return the proposal of the newest bar; see `Strategy.evaluate`."""
        if len(candles) < self.warm_up_bars:
            return None
        bars = candles.last(self.warm_up_bars)
        if not bars.is_sound():
            return None
        held = features if features is not None else bars.features()
        high, low = held.channel_high(CHANNEL), held.channel_low(CHANNEL)
        atr = float(held.atr(TREND)[-1])
        side = _broken(bars, float(high[-1]), float(low[-1]), -1)
        if side is None or not atr > 0 or _broken(bars, float(high[-2]), float(low[-2]), -2) is side:
            return None
        close = float(bars.close[-1])
        line = float(high[-1]) if side is Side.LONG else float(low[-1])
        figures = {
            "atr": atr,
            "adx": float(held.adx(TREND)[-1]),
            "channel_line": line,
            "atr_beyond_channel": side.sign * (close - line) / atr,
            "channel_width_atr": float(high[-1] - low[-1]) / atr,
            "volume_ratio": float(held.volume_ratio(CHANNEL)[-1]),
        }
        return _proposal(self.id, side, bars, close, figures)


def _broken(bars: CandleColumns, high: float, low: float, bar: int) -> Side | None:
    """Return the side on which that bar's close is outside the channel, None inside or where undefined."""
    close = float(bars.close[bar])
    if close > high:
        return Side.LONG
    return Side.SHORT if close < low else None


def _proposal(
    strategy: str, side: Side, bars: CandleColumns, close: float, figures: dict[str, float]
) -> SignalProposal:
    volume = figures["volume_ratio"] if math.isfinite(figures["volume_ratio"]) else 0.0
    confidence = confidence_of(
        {
            "force of the break": (0.35, figures["atr_beyond_channel"] / 0.8),
            "volume": (0.30, (volume - 0.5) / 2.0),
            "trend strength": (0.20, (figures["adx"] - 12) / 23),
            "calm before": (0.15, (7.0 - figures["channel_width_atr"]) / 4.0),
        }
    )
    distance = STOP_ATR * figures["atr"]
    verb = "above the high" if side is Side.LONG else "below the low"
    line_text = f"{figures['channel_line']:g}"
    reason = (
        f"Close {figures['atr_beyond_channel']:.2f} ATR {verb} of {CHANNEL} bars ({line_text}); "
        f"channel {figures['channel_width_atr']:.1f} ATR wide, ADX {figures['adx']:.1f}, "
        f"volume {volume:.2f} times its mean: confidence {confidence:.2f}."
    )
    return SignalProposal(
        strategy=strategy,
        side=side,
        bar_open_ms=int(bars.open_time_ms[-1]),
        entry_price=close,
        stop_price=close - side.sign * distance,
        take_profit_price=close + side.sign * distance * TARGET_R,
        confidence=confidence,
        reason=reason,
        figures=figures,
        model=f"{strategy}@{VERSION}",
    )
