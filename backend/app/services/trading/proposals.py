"""A signal as one wallet would trade it: prices on ticks, leverage, and the whole case that is decided."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from uuid import UUID

from app.domain.defaults import SLIPPAGE_ALLOWANCE_FRACTION
from app.domain.funding import NextFunding
from app.domain.limits import MarketFacts
from app.domain.position_size import Rung
from app.domain.risk_case import RiskCase, SizingTerms
from app.domain.risk_facts import NO_STRATEGY_FACTS, NO_SYMBOL_FACTS, EntryOrder
from app.domain.risk_limits import NO_OPINION
from app.domain.stops import PriceSpec, PriceUnit, StopSpecError, resolve_target, stop_toward_entry
from app.domain.types import Environment, Instrument, Side, SizingMethod, TradingState
from app.domain.venue import Quote
from app.models.signal import Signal
from app.services.trading.markets import age_seconds
from app.services.trading.risk_picture import Candidate, RiskPicture
from app.services.trading.rulebook import OwnStops, Rulebook


@dataclass(frozen=True)  # without slots: what every wallet has in common is made once
class SignalMarket:
    """The market that a signal is about, as it stands now; `now` is wall time. Wallets of one batch share the
    parts of their cases that are made here, so that a receipt's text of them is written once. `keeps_stops`: the
    signal's stop and target stand, whatever the settings say of their own."""

    signal: Signal
    quote: Quote | None
    instrument: Instrument | None
    now: datetime
    daily_volatility: Decimal | None = None
    quote_usd_price: Decimal | None = None
    keeps_stops: bool = False
    funding: NextFunding | None = None
    _orders: dict[tuple[str, OwnStops, bool], EntryOrder] = field(default_factory=dict, compare=False)
    _facts: dict[tuple[TradingState, TradingState], MarketFacts] = field(default_factory=dict, compare=False)
    _terms: dict[int, tuple[Rulebook, SizingTerms]] = field(default_factory=dict, compare=False)

    def with_funding(self, funding: NextFunding | None) -> "SignalMarket":
        """Return the same market with its next funding."""
        return replace(self, funding=funding, _facts={})

    @cached_property
    def candidate(self) -> Candidate:
        """The order, as far as a user's facts depend on it."""
        signal = self.signal
        return Candidate(signal.venue, signal.symbol, signal.strategy, self.side)

    @cached_property
    def side(self) -> Side:
        return Side(self.signal.side)

    @cached_property
    def signal_id(self) -> UUID:
        return self.signal.id

    @cached_property
    def entry_price(self) -> Decimal:
        """The price at which an entry is expected to fill now."""
        return self.signal.entry_price if self.quote is None else self.quote.mark_price

    @cached_property
    def market_time(self) -> datetime:
        return self.signal.bar_close if self.quote is None else self.quote.market_time

    def stop_price(self, own: OwnStops) -> Decimal:
        """The settings' own stop, else the signal's, on a tick, toward the entry."""
        stop = self.signal.stop_price
        if own.stop_percent is not None and not self.keeps_stops:
            stop = self.entry_price * (1 - self.side.sign * own.stop_percent / 100)
        if self.instrument is None:
            return stop
        return stop_toward_entry(stop, self.instrument.price_tick, self.side)

    def take_profit_price(self, own: OwnStops) -> Decimal | None:
        """The settings' own target, else the signal's, on a tick, toward the entry; None without one."""
        target = self.signal.take_profit_price
        if own.target_percent is not None and not self.keeps_stops:
            target = self.entry_price * (1 + self.side.sign * own.target_percent / 100)
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

    def order(self, environment: str, own: OwnStops, *, scales_out: bool) -> EntryOrder:
        """Return the entry that the signal asks for under these stops, before it has a size."""
        held = self._orders.get((environment, own, scales_out))
        if held is None:
            signal = self.signal
            held = self._orders[environment, own, scales_out] = EntryOrder(
                symbol=signal.symbol,
                environment=Environment(environment),
                side=self.side,
                signal_price=signal.entry_price,
                entry_price=self.entry_price,
                stop_price=self.stop_price(own),
                take_profit_price=self.take_profit_price(own),
                signal_confidence=signal.confidence,
                expires_at_ms=int(signal.expires_at.timestamp() * 1000),
                slippage_allowance_fraction=SLIPPAGE_ALLOWANCE_FRACTION,
                scales_out=scales_out,
            )
        return held

    def facts(self, platform: TradingState, venue: TradingState) -> MarketFacts:
        """Return the market's facts for a review."""
        held = self._facts.get((platform, venue))
        if held is None:
            quote = self.quote
            held = self._facts[platform, venue] = MarketFacts(
                platform_state=platform,
                venue_state=venue,
                instrument=self.instrument,
                mark_price=None if quote is None else quote.mark_price,
                price_age_seconds=None if quote is None else age_seconds(quote, self.now),
                market_ms=int(self.market_time.timestamp() * 1000),
                quote_usd_price=self.quote_usd_price,
                funding=self.funding,
            )
        return held

    def terms(self, book: Rulebook) -> SizingTerms:
        """Return how a size is proposed under these rules, for somebody without a history or a plan."""
        held = self._terms.get(id(book))
        if held is None:
            terms = SizingTerms(
                method=book.sizing_method,
                leverage=self.leverage(book),
                risk_per_trade_fraction=book.risk_per_trade_fraction,
                fixed_amount_usd=book.fixed_amount_usd,
                kelly_fraction=book.kelly_fraction,
                daily_volatility=self.daily_volatility,
            )
            held = self._terms[id(book)] = (book, terms)  # the rules are kept, so that the id stays theirs
        return held[1]

    def leverage(self, book: Rulebook) -> int:
        """The venue's leverage setting for this entry."""
        return book.leverage(1 if self.instrument is None else self.instrument.max_leverage)


@dataclass(frozen=True, slots=True)
class Planned:
    """What was decided about an entry before, and stands; `quantity` is None where none was proposed yet, `steps` are
    those of its ladder, `leverage` is None where it is asked for anew."""

    quantity: Decimal | None
    stop_price: Decimal
    take_profit_price: Decimal | None
    scales_out: bool
    steps: tuple[Rung, ...] | None = None
    leverage: int | None = None


def case_of(
    market: SignalMarket, picture: RiskPicture, wallet_id: UUID, planned: Planned | None = None
) -> RiskCase:
    """Return the signal as that wallet would trade it, with every fact and limit that decides."""
    order = market.candidate
    book = picture.book(wallet_id, order.strategy, order.symbol)
    terms = market.terms(book)
    statistics = picture.statistics(order.strategy) if terms.method is SizingMethod.KELLY else None
    environment = picture.wallets[wallet_id].environment
    entry = market.order(environment, book.own_stops, scales_out=book.scale_out_enabled)
    if statistics is not None or planned is not None:
        quantity, steps = (None, None) if planned is None else (planned.quantity, planned.steps)
        terms = replace(terms, statistics=statistics, planned_quantity=quantity, planned_steps=steps)
    if planned is not None:
        terms = replace(terms, leverage=planned.leverage or terms.leverage)
        entry = replace(
            entry,
            stop_price=planned.stop_price,
            take_profit_price=planned.take_profit_price,
            scales_out=planned.scales_out,
        )
    limits = book.limits
    return RiskCase(
        order=entry,
        terms=terms,
        market=market.facts(picture.trading.platform(), picture.trading.venue(order.venue)),
        wallet=picture.wallet_facts(wallet_id, order),
        user=picture.user_facts(wallet_id, order),
        limits=limits,
        strategy=NO_STRATEGY_FACTS if limits.strategy is NO_OPINION else picture.strategy_facts(order, book),
        symbol=NO_SYMBOL_FACTS if limits.symbol is NO_OPINION else picture.symbol_facts(order, book),
    )
