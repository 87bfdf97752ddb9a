"""A signal as a wallet would trade it: the settings' stop and target or the signal's, on ticks, once for everybody."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import msgspec
import pytest

from app.domain.funding import NextFunding
from app.domain.risk_case import ClosedTradeStatistics
from app.domain.risk_facts import NO_STRATEGY_FACTS, NO_SYMBOL_FACTS
from app.domain.types import Environment, Side, SizingMethod, TradingState
from app.domain.venue import Quote
from app.models.signal import Signal
from app.repositories.gate_rows import ScopedSettingsRow, StatisticsRow, UserRow
from app.services.trading.proposals import Planned, SignalMarket, case_of
from app.services.trading.risk_picture import Candidate, RiskPicture
from app.services.trading.rulebook import OwnStops
from tests.domain import examples
from tests.services.trading.gate_rows_examples import NOON, WALLET, trade, user

BTC = "BTC/USDT:USDT"
INSTRUMENT = replace(examples.INSTRUMENT, max_leverage=8)
AGE = timedelta(seconds=2)
QUOTE = Quote(BTC, Decimal(200), Decimal(199), NOON, NOON + AGE)
SIGNALS = OwnStops()
OWN = OwnStops(Decimal(5), Decimal(10))


def signal(side: str = "long", target: str | None = "110.07") -> Signal:
    return Signal(
        venue="paper",
        symbol=BTC,
        strategy="ema_trend",
        side=side,
        entry_price=Decimal(100),
        stop_price=Decimal("95.04"),
        take_profit_price=None if target is None else Decimal(target),
        confidence=Decimal("0.8"),
        bar_close=NOON - timedelta(hours=1),
        expires_at=NOON + timedelta(hours=1),
    )


def market(side: str = "long", target: str | None = "210.07", quote: Quote | None = QUOTE) -> SignalMarket:
    return SignalMarket(signal(side, target), quote, INSTRUMENT, NOON + 2 * AGE)


def test_an_entry_is_expected_at_the_mark_or_where_the_signal_was() -> None:
    assert [market().entry_price, market().market_time] == [200, NOON]
    unquoted = market(quote=None)
    assert [unquoted.entry_price, unquoted.market_time] == [100, NOON - timedelta(hours=1)]
    assert market().candidate == Candidate("paper", BTC, "ema_trend", Side.LONG)


@pytest.mark.parametrize(
    ("side", "own", "stop", "target"),
    [
        ("long", SIGNALS, "95.1", "210"),  # both toward the entry
        ("long", OWN, "190", "220"),
        ("short", OWN, "210", "180"),
        ("long", OwnStops(Decimal("5.02"), Decimal("10.02")), "190", "220"),
        ("long", OwnStops(None, Decimal(10)), "95.1", "220"),
        ("long", OwnStops(Decimal(5), None), "190", "210"),
    ],
)
def test_own_stop_and_target_are_reckoned_from_the_mark(
    side: str, own: OwnStops, stop: str, target: str
) -> None:
    held = market(side)
    assert (held.stop_price(own), held.take_profit_price(own)) == (Decimal(stop), Decimal(target))


def test_a_plan_that_stands_keeps_the_signals_stop_and_target() -> None:
    held = replace(market(), keeps_stops=True)
    assert (held.stop_price(OWN), held.take_profit_price(OWN)) == (Decimal("95.1"), Decimal(210))


def test_without_an_instrument_prices_are_as_they_were_asked_for() -> None:
    held = replace(market(), instrument=None)
    assert (held.stop_price(SIGNALS), held.take_profit_price(SIGNALS)) == (
        Decimal("95.04"),
        Decimal("210.07"),
    )
    assert held.stop_price(OWN) == 190


def test_without_a_target_there_is_none_and_a_target_that_is_passed_stands_for_the_rules_to_refuse() -> None:
    assert market(target=None).take_profit_price(SIGNALS) is None
    assert market(target=None).take_profit_price(OWN) == 220
    assert market(target="150.07").take_profit_price(SIGNALS) == Decimal("150.07")


def test_an_order_is_made_once_for_all_wallets_of_the_same_stops() -> None:
    held = market()
    order = held.order("paper", SIGNALS, scales_out=False)
    assert [order.signal_price, order.entry_price, order.signal_confidence] == [100, 200, Decimal("0.8")]
    assert order.expires_at_ms == int((NOON + timedelta(hours=1)).timestamp() * 1000)
    assert (order.symbol, order.environment, order.side) == (BTC, Environment.PAPER, Side.LONG)
    assert order.scales_out is False
    assert held.order("paper", SIGNALS, scales_out=False) is order
    assert held.order("paper", SIGNALS, scales_out=True).scales_out is True
    assert held.order("paper", OWN, scales_out=False).stop_price == 190
    assert held.order("live", SIGNALS, scales_out=False).environment is Environment.LIVE


def test_the_markets_facts_are_made_once_and_say_what_is_not_known() -> None:
    held = replace(market(), quote_usd_price=Decimal("0.999"))
    facts = held.facts(TradingState.ACTIVE, TradingState.HALTED)
    assert (facts.platform_state, facts.venue_state) == (TradingState.ACTIVE, TradingState.HALTED)
    assert [facts.mark_price, facts.price_age_seconds, facts.quote_usd_price] == [200, 2.0, Decimal("0.999")]
    assert facts.market_ms == int(NOON.timestamp() * 1000)
    assert held.facts(TradingState.ACTIVE, TradingState.HALTED) is facts
    assert held.facts(TradingState.ACTIVE, TradingState.ACTIVE).venue_state is TradingState.ACTIVE
    unquoted = market(quote=None).facts(TradingState.ACTIVE, TradingState.ACTIVE)
    assert (unquoted.mark_price, unquoted.price_age_seconds) == (None, None)
    assert unquoted.market_ms == int((NOON - timedelta(hours=1)).timestamp() * 1000)
    funding = NextFunding(Decimal("0.0001"), 5)
    funded = held.with_funding(funding)
    assert funded.facts(TradingState.ACTIVE, TradingState.HALTED).funding == funding
    assert facts.funding is None


def picture(held: UserRow) -> RiskPicture:
    return RiskPicture(
        held,
        platform=b"",
        markets={},
        now=NOON,
        market_time=NOON,
        correlations=lambda venue, one, other: None,
    )


HISTORY = StatisticsRow(
    strategy="ema_trend", trades=9, wins=5, average_win=Decimal(4), average_loss=Decimal(2)
)


@pytest.mark.parametrize(("method", "reads"), [("kelly", True), ("fixed_amount", False)])
def test_only_who_sizes_by_a_history_reads_it(method: str, reads: bool) -> None:
    settings = msgspec.Raw(b'{"position_sizing_method": "%s"}' % method.encode())
    case = case_of(market(), picture(user(settings=settings, statistics=[HISTORY])), WALLET)
    assert case.terms.method is SizingMethod(method)
    assert case.terms.statistics == (ClosedTradeStatistics(9, 5, Decimal(4), Decimal(2)) if reads else None)
    assert case.terms.planned_quantity is None
    assert case.order.stop_price == Decimal("95.1")
    assert (case.strategy, case.symbol) == (NO_STRATEGY_FACTS, NO_SYMBOL_FACTS)


def test_terms_are_the_rulebooks_and_made_once() -> None:
    held = replace(market(), daily_volatility=Decimal("0.03"))
    book = picture(user()).book(WALLET)
    terms = held.terms(book)
    assert held.terms(book) is terms
    assert (terms.leverage, terms.daily_volatility) == (8, Decimal("0.03"))
    assert replace(held, instrument=None, _terms={}).terms(book).leverage == 1


@pytest.mark.parametrize(("quantity", "scales_out"), [(None, True), (Decimal(3), False)])
def test_what_was_decided_before_stands(quantity: Decimal | None, scales_out: bool) -> None:
    planned = Planned(quantity, Decimal(91), Decimal(222), scales_out)
    case = case_of(market(), picture(user(trades=[trade()])), WALLET, planned)
    assert [case.order.stop_price, case.order.take_profit_price] == [91, 222]
    assert case.order.scales_out is scales_out
    assert case.terms.planned_quantity == quantity
    assert case.terms.statistics is None


@pytest.mark.parametrize("scope", ["strategy", "symbol"])
def test_a_scopes_facts_are_read_where_it_has_limits(scope: str) -> None:
    key = "ema_trend" if scope == "strategy" else BTC
    row = ScopedSettingsRow(scope=scope, scope_key=key, settings=msgspec.Raw(b'{"max_open_positions": 3}'))
    case = case_of(market(), picture(user(trades=[trade()], scoped=[row])), WALLET)
    assert getattr(case, scope).open_positions == 1
    other = case.symbol if scope == "strategy" else case.strategy
    assert other in (NO_STRATEGY_FACTS, NO_SYMBOL_FACTS)
