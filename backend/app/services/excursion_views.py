"""MAE and MFE of a trade as the journal shows them."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from app.domain.decimal_text import plain
from app.repositories.trade_excursions import ExcursionRecord

HUNDREDTH: Final = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class ExcursionView:
    """How far a trade ran against and for its owner while open, before costs: quote currency, percent of the entry
    price, R. Out of bars of `timeframe`; upper bounds."""

    timeframe: str
    adverse: str
    favourable: str
    adverse_percent: str
    favourable_percent: str
    adverse_r: str | None
    favourable_r: str | None


def excursion_view(found: ExcursionRecord) -> ExcursionView:
    """Excursions as text: percent and R to the hundredth."""

    def hundredths(value: Decimal) -> str:
        return plain(value.quantize(HUNDREDTH))

    return ExcursionView(
        found.timeframe,
        plain(found.adverse),
        plain(found.favourable),
        hundredths(found.adverse_fraction * 100),
        hundredths(found.favourable_fraction * 100),
        None if found.adverse_r is None else hundredths(found.adverse_r),
        None if found.favourable_r is None else hundredths(found.favourable_r),
    )
