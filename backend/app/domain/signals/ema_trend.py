"""ema_trend: enter with the crossing of two averages when the market is trending."""

import math
from dataclasses import dataclass
from typing import Final

from app.domain.signals.features import Features
from app.domain.signals.protocol import CandleColumns, SignalProposal, confidence_of
from app.domain.timeframes import Timeframe
from app.domain.types import Side

FAST: Final = 12
SLOW: Final = 26
TREND: Final = 14
MIN_ADX: Final = 18.0
STOP_ATR: Final = 2.0
TARGET_R: Final = 3.0
VERSION: Final = 1  # grows with every change of what is proposed


@dataclass(frozen=True, slots=True)
class EmaTrend:
    """EMA(12) crosses EMA(26) while ADX(14) is at least 18; stop 2 ATR(14), target 3 R."""

    id: str = "ema_trend"
    name: str = "EMA trend"
    description: str = (
        "Enters when EMA(12) crosses EMA(26) and ADX(14) is at least 18. Stop 2 ATR(14) away, target 3 R."
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
        fast, slow = held.ema(FAST), held.ema(SLOW)
        adx, atr = float(held.adx(TREND)[-1]), float(held.atr(TREND)[-1])
        was, now = float(fast[-2] - slow[-2]), float(fast[-1] - slow[-1])
        if not (math.isfinite(was) and adx >= MIN_ADX and atr > 0) or now == 0 or was * now > 0:
            return None
        side = Side.LONG if now > 0 else Side.SHORT
        close = float(bars.close[-1])
        figures = {
            "adx": adx,
            "atr": atr,
            "atr_beyond_slow": side.sign * (close - float(slow[-1])) / atr,
            "di_gap": side.sign * float(held.plus_di(TREND)[-1] - held.minus_di(TREND)[-1]),
            "volume_ratio": float(held.volume_ratio(20)[-1]),
        }
        return _proposal(self.id, side, bars, close, figures)


def _proposal(
    strategy: str, side: Side, bars: CandleColumns, close: float, figures: dict[str, float]
) -> SignalProposal:
    volume = figures["volume_ratio"] if math.isfinite(figures["volume_ratio"]) else 0.0
    confidence = confidence_of(
        {
            "trend strength": (0.30, (figures["adx"] - MIN_ADX) / 20),
            "momentum": (0.35, figures["atr_beyond_slow"] / 2.0),
            "agreement of DI": (0.20, figures["di_gap"] / 20),
            "volume": (0.15, (volume - 0.5) / 1.5),
        }
    )
    distance = STOP_ATR * figures["atr"]
    verb = "above" if side is Side.LONG else "below"
    reason = (
        f"EMA({FAST}) crossed {verb} EMA({SLOW}); ADX {figures['adx']:.1f} (at least {MIN_ADX:.0f}), "
        f"close {figures['atr_beyond_slow']:.2f} ATR {verb} EMA({SLOW}), DI gap {figures['di_gap']:.1f}, "
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
