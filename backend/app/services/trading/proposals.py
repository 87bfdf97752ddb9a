"""A signal as one wallet would trade it: prices on ticks, leverage, and the whole case that is decided."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from app.domain.defaults import SLIPPAGE_ALLOWANCE_FRACTION
from app.domain.limits import ApprovedOrder, MarketFacts, RefusedOrder, ReviewRow, review_batch
from app.domain.position_size import PositionSize, SizeRefusal
from app.domain.risk_case import EntryOrder, RiskCase, SizingTerms
from app.domain.risk_facts import NO_STRATEGY_FACTS, NO_SYMBOL_FACTS
from app.domain.risk_limits import NO_OPINION
from app.domain.sizing import SizingInputs, propose_sizes
from app.domain.stops import PriceSpec, PriceUnit, StopSpecError, resolve_target, stop_toward_entry
from app.domain.types import Environment, Instrument, Side, SizingMethod, TradingState
from app.domain.venue import Quote
from app.models.signal import Signal
from app.services.trading.markets import age_seconds
from app.services.trading.risk_picture import Candidate, RiskPicture
from app.services.trading.rulebook import Rulebook

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class SignalMarket:
    """The market that a signal is about, as it stands now; `now` is wall time."""

    signal: Signal
    quote: Quote | None
    instrument: Instrument | None
    now: datetime
    daily_volatility: Decimal | None = None

    @property
    def candidate(self) -> Candidate:
        """The order, as far as a user's facts depend on it."""
        signal = self.signal
        return Candidate(signal.venue, signal.symbol, signal.strategy, self.side)

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

    def facts(self, platform: TradingState, venue: TradingState) -> MarketFacts:
        """Return the market's facts for a review. The simulated venue's quote currency is a dollar."""
        quote = self.quote
        return MarketFacts(
            platform_state=platform,
            venue_state=venue,
            instrument=self.instrument,
            mark_price=None if quote is None else quote.mark_price,
            price_age_seconds=None if quote is None else age_seconds(quote, self.now),
            market_ms=int(self.market_time.timestamp() * 1000),
            quote_usd_price=Decimal(1) if self.signal.venue == "paper" else None,
        )

    def leverage(self, book: Rulebook) -> int:
        """The venue's leverage setting for this entry."""
        return book.leverage(1 if self.instrument is None else self.instrument.max_leverage)

    def liquidation_price(self, leverage: int) -> Decimal | None:
        """Where the venue would close an isolated position of that leverage; None where not known."""
        held = self.instrument
        if held is None or held.maintenance_margin_fraction is None:
            return None
        sign = self.side.sign
        kept = 1 - sign * held.maintenance_margin_fraction
        return self.entry_price * (1 - Decimal(sign) / leverage) / kept


def case_of(
    market: SignalMarket, picture: RiskPicture, wallet_id: UUID, planned_quantity: Decimal | None = None
) -> RiskCase:
    """Return the signal as that wallet would trade it, with every fact and limit that decides."""
    signal, order = market.signal, market.candidate
    book = picture.book(wallet_id, order.strategy, order.symbol)
    leverage, kelly = market.leverage(book), book.sizing_method is SizingMethod.KELLY
    return RiskCase(
        order=EntryOrder(
            symbol=signal.symbol,
            environment=Environment(picture.wallets[wallet_id].environment),
            side=market.side,
            signal_price=signal.entry_price,
            entry_price=market.entry_price,
            stop_price=market.stop_price,
            take_profit_price=market.take_profit_price,
            signal_confidence=signal.confidence,
            expires_at_ms=int(signal.expires_at.timestamp() * 1000),
            slippage_allowance_fraction=SLIPPAGE_ALLOWANCE_FRACTION,
            liquidation_price=market.liquidation_price(leverage),
        ),
        terms=SizingTerms(
            method=book.sizing_method,
            leverage=leverage,
            risk_per_trade_fraction=book.risk_per_trade_fraction,
            fixed_amount_usd=book.fixed_amount_usd,
            kelly_fraction=book.kelly_fraction,
            statistics=picture.statistics(order.strategy) if kelly else None,
            daily_volatility=market.daily_volatility,
            planned_quantity=planned_quantity,
        ),
        market=market.facts(picture.trading.platform(), picture.trading.venue(signal.venue)),
        wallet=picture.wallet_facts(wallet_id, order),
        user=picture.user_facts(wallet_id, order),
        limits=book.limits,
        strategy=NO_STRATEGY_FACTS if book.limits.strategy is NO_OPINION else picture.strategy_facts(order),
        symbol=NO_SYMBOL_FACTS if book.limits.symbol is NO_OPINION else picture.symbol_facts(order),
    )


def answer_cases(cases: Sequence[RiskCase]) -> list[ApprovedOrder | RefusedOrder]:
    """Return the verdict on every case, each by itself; sizes and limits run over columns."""
    sizes: list[PositionSize] = [_nothing(case) for case in cases]
    sized = [(place, inputs) for place, case in enumerate(cases) if (inputs := _inputs(case)) is not None]
    for (place, _), size in zip(sized, propose_sizes([inputs for _, inputs in sized]), strict=True):
        sizes[place] = size
    rows = [
        ReviewRow(case.order.sized(size), case.market, case.wallet, case.user, case.strategy, case.symbol)
        for case, size in zip(cases, sizes, strict=True)
    ]
    return review_batch(rows, [case.limits for case in cases])


def _nothing(case: RiskCase) -> PositionSize:
    unknown = case.market.instrument is None
    refusal = SizeRefusal.INSTRUMENT_UNKNOWN if unknown else SizeRefusal.EQUITY_UNKNOWN
    return PositionSize(ZERO, ZERO, ZERO, ZERO, None, None, case.terms.method, refusal)


def _inputs(case: RiskCase) -> SizingInputs | None:
    """The case as the sizing reads it; None where there is no instrument or the exposure is not known."""
    wallet, order, terms = case.wallet, case.order, case.terms
    if case.market.instrument is None or wallet.notional is None or order.stop_price is None:
        return None
    reserved = wallet.reserved_margin or ZERO
    return SizingInputs(
        method=terms.method,
        side=order.side,
        entry_price=order.entry_price,
        stop_price=order.stop_price,
        take_profit_price=order.take_profit_price,
        instrument=case.market.instrument,
        equity=wallet.equity,
        free_margin=None if wallet.free_margin is None else wallet.free_margin - reserved,
        notional_used=wallet.notional + (wallet.reserved_notional or ZERO),
        leverage=terms.leverage,
        limits=case.limits.per_trade(),
        risk_per_trade_fraction=terms.risk_per_trade_fraction,
        slippage_allowance_fraction=order.slippage_allowance_fraction,
        fixed_amount_usd=terms.fixed_amount_usd,
        kelly_fraction=terms.kelly_fraction,
        statistics=terms.statistics,
        signal_confidence=order.signal_confidence,
        daily_volatility=terms.daily_volatility,
        planned_quantity=terms.planned_quantity,
    )
