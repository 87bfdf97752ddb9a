"""A signal as one wallet would trade it: prices on ticks, leverage, size, and the facts of its review."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from app.domain.defaults import SLIPPAGE_ALLOWANCE_FRACTION
from app.domain.limits import MarketFacts, OrderIntent, ReviewRow
from app.domain.position_size import PositionSize, SizeRefusal
from app.domain.risk_case import ClosedTradeStatistics
from app.domain.sizing import SizingInputs, propose_size
from app.domain.stops import PriceSpec, PriceUnit, StopSpecError, resolve_target, stop_toward_entry
from app.domain.types import Environment, Instrument, Side
from app.domain.venue import Quote
from app.models.signal import Signal
from app.services.trading.markets import age_seconds
from app.services.trading.risk_picture import RiskPicture
from app.services.trading.rulebook import Rulebook

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class SignalMarket:
    """The market that a signal is about, as it stands now; `now` is wall time."""

    signal: Signal
    quote: Quote | None
    instrument: Instrument | None
    now: datetime

    @property
    def side(self) -> Side:
        return Side(self.signal.side)

    @property
    def entry_price(self) -> Decimal:
        """The price at which an entry is expected to fill now."""
        return self.signal.entry_price if self.quote is None else self.quote.mark_price

    @property
    def market_time(self) -> datetime:
        return self.signal.bar_close if self.quote is None else self.quote.market_time

    @property
    def stop_price(self) -> Decimal:
        """The signal's stop on a tick, toward the entry."""
        if self.instrument is None:
            return self.signal.stop_price
        return stop_toward_entry(self.signal.stop_price, self.instrument.price_tick, self.side)

    @property
    def take_profit_price(self) -> Decimal | None:
        """The signal's target on a tick, toward the entry; None without one."""
        target = self.signal.take_profit_price
        if target is None or self.instrument is None:
            return target
        try:
            return resolve_target(
                PriceSpec(PriceUnit.PRICE, target),
                side=self.side,
                entry_price=self.entry_price,
                tick=self.instrument.price_tick,
            )
        except StopSpecError:
            return target

    def facts(self, picture: RiskPicture) -> MarketFacts:
        """Return the market's facts for a review."""
        quote = self.quote
        return MarketFacts(
            platform_state=picture.trading.platform(),
            venue_state=picture.venue_state(self.signal.venue),
            instrument=self.instrument,
            mark_price=None if quote is None else quote.mark_price,
            price_age_seconds=None if quote is None else age_seconds(quote, self.now),
            market_ms=int(self.market_time.timestamp() * 1000),
        )


def size_for_wallet(
    market: SignalMarket,
    book: Rulebook,
    picture: RiskPicture,
    statistics: ClosedTradeStatistics | None,
) -> PositionSize:
    """Return the size that the wallet's method proposes, after every cap; zero with its refusal."""
    wallet_id = book.wallet.id
    used, state = picture.notional_used(wallet_id), picture.balance_of(wallet_id)
    instrument = market.instrument
    if instrument is None or used is None:
        refusal = SizeRefusal.CAPPED_TO_ZERO if instrument is None else SizeRefusal.EQUITY_UNKNOWN
        return PositionSize(ZERO, ZERO, ZERO, ZERO, None, None, book.sizing_method, refusal)
    reserved = picture.wallet_facts(wallet_id, market.signal.symbol).reserved_margin or ZERO
    free = None if state is None or state.free_margin is None else state.free_margin - reserved
    return propose_size(
        SizingInputs(
            method=book.sizing_method,
            side=market.side,
            entry_price=market.entry_price,
            stop_price=market.stop_price,
            take_profit_price=market.take_profit_price,
            instrument=instrument,
            equity=picture.equity(wallet_id),
            free_margin=free,
            notional_used=used,
            leverage=book.leverage(instrument.max_leverage),
            limits=book.limits.per_trade(),
            risk_per_trade_fraction=book.risk_per_trade_fraction,
            slippage_allowance_fraction=SLIPPAGE_ALLOWANCE_FRACTION,
            fixed_amount_usd=book.fixed_amount_usd,
            kelly_fraction=book.kelly_fraction,
            statistics=statistics,
            signal_confidence=market.signal.confidence,
        )
    )


def review_row(market: SignalMarket, picture: RiskPicture, wallet_id: UUID, size: PositionSize) -> ReviewRow:
    """Return one order with everything that decides about it."""
    signal = market.signal
    intent = OrderIntent(
        symbol=signal.symbol,
        environment=Environment(picture.books[wallet_id].wallet.environment),
        side=market.side,
        signal_price=signal.entry_price,
        entry_price=market.entry_price,
        stop_price=market.stop_price,
        take_profit_price=market.take_profit_price,
        signal_confidence=signal.confidence,
        expires_at_ms=int(signal.expires_at.timestamp() * 1000),
        size=size,
        slippage_allowance_fraction=SLIPPAGE_ALLOWANCE_FRACTION,
    )
    return ReviewRow(
        intent=intent,
        market=market.facts(picture),
        wallet=picture.wallet_facts(wallet_id, signal.symbol),
        user=picture.user_facts(wallet_id, signal.symbol),
    )
