"""How far closed trades ran against and for their owner, all together."""

from typing import Final

import numpy as np
import numpy.typing as npt

from app.repositories.trade_excursions import TradeExcursionRepository
from app.services.analytics.figures import QUOTE, figure
from app.services.analytics.ranges import Chosen
from app.services.analytics.series import CLOSED_TRADES
from app.services.analytics.sources import Sources, asked, closed_in
from app.services.analytics.views import BinView, ExcursionsView, FigureView

Series = npt.NDArray[np.float64]
STEP_R: Final = 0.25
BINS: Final = 12  # of a quarter R each; what is beyond is in one more


class ExcursionDistribution:
    """One question at a time."""

    def __init__(self, sources: Sources, excursions: TradeExcursionRepository) -> None:
        self._sources = sources
        self._excursions = excursions

    async def excursions(self, chosen: Chosen) -> ExcursionsView:
        """Medians in money and R, and how many trades ran how far: in quarters of R, where the risk is known."""
        book = await self._sources.book(chosen)
        rows = np.flatnonzero(closed_in(book.columns, chosen))
        held = await self._excursions.closed_between(
            self._sources.asker.user_id, chosen.environment.value, chosen.first, chosen.last
        )
        known = [
            (*held[trade_id], int(book.columns.risk[row]), int(book.columns.net[row]))
            for row in rows.tolist()
            if (trade_id := book.ids[row]) is not None and trade_id in held
        ]
        found = np.array(known, dtype=np.float64).reshape(-1, 4)
        with_risk = found[found[:, 2] > 0]
        in_r = with_risk[:, :2] / (with_risk[:, 2:3] / QUOTE)
        note = None
        if not rows.size:
            note = "No trade closed in this range for what is chosen."
        elif not found.size:
            note = (
                "How far these trades ran is not known: it is read from the venue's bars soon after a close."
            )
        return ExcursionsView(
            asked(chosen, None, note, CLOSED_TRADES),
            int(rows.size),
            len(known),
            int(in_r.shape[0]),
            _figures(found, in_r),
            _bins(in_r, with_risk[:, 3] > 0),
        )


def _figures(found: Series, in_r: Series) -> list[FigureView]:
    views = []
    for place, name in enumerate(("median_adverse_excursion", "median_favourable_excursion")):
        for unit, suffix, held in (("quote", "", found), ("r", "_r", in_r)):
            value = float(np.median(held[:, place])) if held.size else None
            views.append(figure(f"{name}{suffix}", unit, value, held.shape[0]))
    adverse = float(in_r[:, 0].mean()) if in_r.size else 0.0
    ratio = float(in_r[:, 1].mean()) / adverse if adverse > 0 else None
    views.append(figure("excursion_ratio", "ratio", ratio, in_r.shape[0]))
    return views


def _bins(in_r: Series, won: npt.NDArray[np.bool_]) -> list[BinView]:
    """Counts by how far trades ran: adverse ones of winners and of losers, favourable ones of the same."""
    places = np.minimum((in_r / STEP_R).astype(np.int64), BINS)

    def counts(column: int, rows: npt.NDArray[np.bool_]) -> list[int]:
        return [int(one) for one in np.bincount(places[rows, column], minlength=BINS + 1)]

    columns = (counts(0, won), counts(0, ~won), counts(1, won), counts(1, ~won))
    return [
        BinView(
            place * STEP_R, (place + 1) * STEP_R if place < BINS else None, *(one[place] for one in columns)
        )
        for place in range(BINS + 1)
    ]
