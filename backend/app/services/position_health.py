"""Reads what the health score of open positions needs, keeps it, and tells of a position that stands worse.

The score itself is computed where it is shown, at the newest price; what is kept here changes slowly.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal

import msgspec

from app.core.db import Database
from app.domain.health_facts import (
    PriceFacts,
    StoredReadings,
    funding_r_per_day,
    health_facts,
    ratio,
    standing_signal,
)
from app.domain.liquidation import liquidation_price
from app.domain.notification_events import NotificationEvent
from app.domain.position_health import (
    HealthBand,
    PositionHealth,
    degraded_to,
    position_health,
    recovered_to,
)
from app.domain.types import Side
from app.domain.venue import Quote, VenueUnavailableError
from app.repositories.notifications import NotificationOutbox
from app.repositories.position_health import (
    HealthCase,
    KeptHealth,
    SystemPositionHealthRepository,
)
from app.services.ports import MarketReader


@dataclass(frozen=True, slots=True)
class HealthFall:
    """A position that fell to a worse band than its owner was last told of."""

    case: HealthCase
    band: HealthBand
    score: int
    reasons: tuple[str, ...]


class PositionHealthKeeper:
    """Reads every open position at once; does no harm when run twice."""

    def __init__(self, system: Database, reader: MarketReader, now: Callable[[], datetime]) -> None:
        self._system = system
        self._reader = reader
        self._now = now

    async def refresh(self) -> list[HealthFall]:
        """Read and keep; returns the positions that fell to a worse band since their owner was told.

        A market whose price or rules cannot be read leaves the parts that need them unknown.
        """
        async with self._system.system() as session:
            cases = await SystemPositionHealthRepository(session).cases()
        markets = {key: await self._market(*key) for key in {(case.venue, case.symbol) for case in cases}}
        rows, falls = [], []
        for case in cases:
            quote, maintenance = markets[case.venue, case.symbol]
            row, fall = _judged(case, quote, maintenance)
            rows.append(row)
            if fall is not None:
                falls.append(fall)
        async with self._system.system() as session:
            await SystemPositionHealthRepository(session).keep(rows, self._now())
            await self._tell(NotificationOutbox(session), falls)
        return falls

    async def _tell(self, outbox: NotificationOutbox, falls: Sequence[HealthFall]) -> None:
        """Tell the owners, with the band that is remembered: neither is kept without the other."""
        moment = self._now().isoformat(timespec="seconds")
        for fall in falls:
            case = fall.case
            await outbox.emit(
                case.user_id,
                NotificationEvent.POSITION_HEALTH_DEGRADED,
                dedupe_key=f"health:{case.id}:{fall.band}:{moment}",
                figures={
                    "wallet": case.wallet_name,
                    "side": case.side,
                    "symbol": case.symbol,
                    "band": fall.band.value,
                    "score": str(fall.score),
                    "reason": f"Reasons: {'; '.join(fall.reasons)}.",
                },
                subject=str(case.id),
                wallet_id=case.wallet_id,
            )

    async def _market(self, venue: str, symbol: str) -> tuple[Quote | None, Decimal | None]:
        try:
            instrument = await self._reader.instrument(venue, symbol)
            quote = await self._reader.quote(venue, symbol)
        except VenueUnavailableError:
            return None, None
        return quote, None if instrument is None else instrument.maintenance_margin_fraction


def stored_readings(
    case: HealthCase, open_seconds: float | None, maintenance: Decimal | None
) -> StoredReadings:
    """What is kept of a position."""
    liquidation = None
    if case.entry_price is not None:
        liquidation = liquidation_price(Side(case.side), case.entry_price, case.leverage, maintenance)
    return StoredReadings(
        usual_seconds=case.usual_seconds,
        signal_confidence=standing_signal(case.side, case.signal_side, _number(case.signal_confidence)),
        volatility_ratio=ratio(_number(case.range_now), _number(case.range_at_entry)),
        funding_r_per_day=funding_r_per_day(float(case.funding), float(case.risk_amount), open_seconds),
        liquidation_price=_number(liquidation),
        correlated_share=ratio(float(case.correlated), _number(case.max_correlated_positions)),
    )


def readings_of(kept: Mapping[str, float | None] | None) -> StoredReadings:
    """The readings of a kept row; all unknown where nothing was kept yet."""
    return StoredReadings() if kept is None else msgspec.convert(kept, StoredReadings)


def _judged(
    case: HealthCase, quote: Quote | None, maintenance: Decimal | None
) -> tuple[KeptHealth, HealthFall | None]:
    open_seconds = None
    if quote is not None and case.opened_at is not None:
        open_seconds = max(0.0, (quote.market_time - case.opened_at).total_seconds())
    stored = stored_readings(case, open_seconds, maintenance)
    health = position_health(
        health_facts(
            stored,
            PriceFacts(
                sign=Side(case.side).sign,
                entry=_number(case.entry_price),
                initial_stop=float(case.initial_stop_price),
                stop=_number(case.stop_price),
                mark=None if quote is None else float(quote.mark_price),
                open_seconds=open_seconds,
            ),
        )
    )
    told = HealthBand(case.told_band)
    worse = degraded_to(told, health.score)
    band = worse or recovered_to(told, health.score)
    kept = KeptHealth(case.id, case.user_id, msgspec.json.encode(asdict(stored)).decode(), band.value)
    if worse is None or health.score is None:
        return kept, None
    return kept, HealthFall(case, worse, health.score, worst_reasons(health))


def worst_reasons(health: PositionHealth, most: int = 3) -> tuple[str, ...]:
    """The sentences of the parts that cost the score most, worst first; parts that cost nothing are left out."""
    costly = [(read.weight * (1 - read.mark), read) for read in health.readings if read.mark is not None]
    costly.sort(key=lambda pair: -pair[0])
    return tuple(read.sentence for cost, read in costly[:most] if cost > 0)


def _number(value: Decimal | float | None) -> float | None:
    return None if value is None else float(value)
