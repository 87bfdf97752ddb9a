"""May this entry be made, and how large? The gate's own facts and rules, asked without making anything.

`check` asks about an entry as it would be made now; `calculate` about one at a price that somebody would like to
know about. Both read the same facts and decide by the same text as the gate, and reserve nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID, uuid4

from app.core.db import Database
from app.core.errors import FieldError, InvalidInputError
from app.domain.decimal_text import plain
from app.domain.decision import answer_of, decide_batch
from app.domain.exposure import fraction_of_equity
from app.domain.receipts import RULE_VERSION
from app.domain.risk_case import RiskAnswer, RiskCase
from app.domain.symbols import SymbolError, normalise_symbol
from app.domain.types import Side, SizingMethod
from app.domain.venue import Quote
from app.models.signal import Signal
from app.repositories.gate_facts import FactsWanted, GateFactsRepository
from app.repositories.wallets import WalletRepository
from app.services.journal import BreachView
from app.services.trading.correlations import CorrelationBook
from app.services.trading.fundings import needs_funding, with_funding
from app.services.trading.holdings import marked_pairs
from app.services.trading.markets import MarketView
from app.services.trading.proposals import SignalMarket, case_of
from app.services.trading.risk_picture import RiskPicture
from app.services.wallets import no_wallet

ANSWER_HOLDS: Final = timedelta(minutes=1)
NO_STRATEGY: Final = "manual"
_SHOWN: Final = Decimal("0.0001")


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryQuestion:
    """An entry that somebody asks about. Without `entry_price` it is the mark price; without `method` and
    `strategy` the wallet's own method, and no strategy's limits."""

    wallet_id: UUID
    symbol: str
    side: Side
    stop_price: Decimal
    entry_price: Decimal | None = None
    take_profit_price: Decimal | None = None
    signal_confidence: Decimal | None = None
    strategy: str | None = None
    method: SizingMethod | None = None


@dataclass(frozen=True, slots=True)
class CapView:
    """A cap as it stood: the most notional that it allowed."""

    cap: str
    notional: str


@dataclass(frozen=True, slots=True)
class StepsView:
    """How the size came about: the method's proposal, every cap, and what rounding took away."""

    risk_percent: str | None
    confidence_factor: str
    budget: str | None
    proposed_quantity: str
    proposed_notional: str
    caps: list[CapView]
    capped_quantity: str
    rounded_off: str


@dataclass(frozen=True, slots=True)
class ScopedBreachView(BreachView):
    """One reason of a refusal, and whose limit it is where one limit stands at several levels."""

    scope: str | None


@dataclass(frozen=True, slots=True)
class RiskCheckView:
    """The answer. Amounts are quote currency, the gauges percent of the user's equity before and after."""

    approved: bool
    position_size_usd: str
    quantity: str
    notional: str
    margin: str
    risk_amount: str
    risk_r: str | None
    risk_reward: str | None
    method: str
    binding_cap: str | None
    size_refusal: str | None
    steps: StepsView | None
    breaches: list[ScopedBreachView]
    symbol: str
    side: str
    entry_price: str
    stop_price: str | None
    take_profit_price: str | None
    mark_price: str | None
    price_age_seconds: float | None
    leverage: int
    equity: str | None
    exposure_heat_percent: str | None
    exposure_heat_after_percent: str | None
    open_risk_percent: str | None
    open_risk_after_percent: str | None
    as_of: datetime
    rule_version: str


class RiskCheck:
    """Answers one user at a time; it opens its own short transaction and writes nothing."""

    def __init__(
        self,
        database: Database,
        markets: MarketView,
        correlations: CorrelationBook,
        now: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._markets = markets
        self._correlations = correlations
        self._now = now

    async def check(self, user_id: UUID, question: EntryQuestion) -> RiskCheckView:
        """Answer as the gate would now, at the mark price; `entry_price` is what the signal saw."""
        return await self._answer(user_id, question, at_own_price=False)

    async def calculate(self, user_id: UUID, question: EntryQuestion) -> RiskCheckView:
        """Answer as the gate would if the market stood at `entry_price` now."""
        return await self._answer(user_id, question, at_own_price=question.entry_price is not None)

    async def _answer(self, user_id: UUID, question: EntryQuestion, *, at_own_price: bool) -> RiskCheckView:
        case = await self.case(user_id, question, at_own_price=at_own_price)
        return view_of(case, answer_of(decide_batch([case])[0]), self._now())

    async def case(self, user_id: UUID, question: EntryQuestion, *, at_own_price: bool) -> RiskCase:
        """Return the whole case of that entry as it stands now."""
        symbol = _symbol(question.symbol)
        await self._correlations.refresh()
        async with self._database.tenant(user_id) as session:
            records = await WalletRepository(session).records(user_id, question.wallet_id)
            if not records:
                raise no_wallet(question.wallet_id)
            wallet = records[0].wallet
            venue, environment = wallet.venue, wallet.environment
            market = await self._market(question, venue, symbol, at_own_price=at_own_price)
            wanted = FactsWanted(
                [user_id], environment, market.market_time, [symbol], [market.signal.strategy]
            )
            rows = await GateFactsRepository(session).read(user_id, wanted)
        if needs_funding(rows):
            market = await with_funding(self._markets, market)
        (user,) = rows.users
        picture = RiskPicture(
            user,
            platform=rows.platform,
            markets=await self._markets.marked(marked_pairs([user], [symbol])),
            now=market.now,
            market_time=market.market_time,
            correlations=self._correlations.correlation,
            calendars=rows.calendars,
        )
        case = case_of(market, picture, question.wallet_id)
        if question.method is None:
            return case
        statistics = picture.statistics(market.signal.strategy)
        return replace(case, terms=replace(case.terms, method=question.method, statistics=statistics))

    async def _market(
        self, question: EntryQuestion, venue: str, symbol: str, *, at_own_price: bool
    ) -> SignalMarket:
        now = self._now()
        quote = await self._markets.quote(venue, symbol)
        market_time = now if quote is None else quote.market_time
        asked = question.entry_price
        if at_own_price and asked is not None:
            quote = Quote(symbol, asked, asked, market_time, now)
        signal = Signal(
            id=uuid4(),
            venue=venue,
            symbol=symbol,
            timeframe="",
            strategy=question.strategy or NO_STRATEGY,
            side=question.side.value,
            entry_price=_signal_price(question, quote),
            stop_price=question.stop_price,
            take_profit_price=question.take_profit_price,
            confidence=question.signal_confidence,
            bar_close=market_time,
            expires_at=market_time + ANSWER_HOLDS,
        )
        instrument = await self._markets.instrument(venue, symbol)
        volatility = self._correlations.daily_volatility(venue, symbol)
        dollar = await self._markets.quote_usd_price(venue, symbol)
        return SignalMarket(signal, quote, instrument, now, volatility, dollar, keeps_stops=True)


def _signal_price(question: EntryQuestion, quote: Quote | None) -> Decimal:
    """What the signal saw; where nothing is known, the stop, at which nothing can be sized."""
    if question.entry_price is not None:
        return question.entry_price
    return question.stop_price if quote is None else quote.mark_price


def _symbol(text: str) -> str:
    try:
        return normalise_symbol(text)
    except SymbolError as error:
        refused = FieldError("symbol", "unknown_symbol", error.reason, None, text)
        raise InvalidInputError(error.reason, code="unknown_symbol", errors=(refused,)) from error


def view_of(case: RiskCase, answer: RiskAnswer, now: datetime) -> RiskCheckView:
    """The answer to a case as it is shown."""
    size, user, order = answer.size, case.user, case.order
    heat, risk = _sum(user.notional, user.reserved_notional), _sum(user.open_risk, user.reserved_risk)
    return RiskCheckView(
        approved=answer.approved,
        position_size_usd=plain(size.position_size_usd),
        quantity=plain(size.quantity),
        notional=plain(size.notional),
        margin=plain(size.margin),
        risk_amount=plain(size.risk_amount),
        risk_r=_shown(size.risk_r),
        risk_reward=_shown(size.risk_reward),
        method=size.method.value,
        binding_cap=None if size.binding_cap is None else size.binding_cap.value,
        size_refusal=None if size.refusal is None else size.refusal.value,
        steps=_steps(answer),
        breaches=[
            ScopedBreachView(
                one.code.value,
                one.message,
                plain(one.limit),
                plain(one.value),
                None if one.scope is None else one.scope.value,
            )
            for one in answer.breaches
        ],
        symbol=order.symbol,
        side=order.side.value,
        entry_price=plain(order.entry_price),
        stop_price=plain(order.stop_price),
        take_profit_price=plain(order.take_profit_price),
        mark_price=plain(case.market.mark_price),
        price_age_seconds=case.market.price_age_seconds,
        leverage=case.terms.leverage,
        equity=plain(case.wallet.equity),
        exposure_heat_percent=_percent(heat, user.equity),
        exposure_heat_after_percent=_percent(_sum(heat, size.notional), user.equity),
        open_risk_percent=_percent(risk, user.equity),
        open_risk_after_percent=_percent(_sum(risk, size.risk_amount), user.equity),
        as_of=now,
        rule_version=RULE_VERSION,
    )


def _steps(answer: RiskAnswer) -> StepsView | None:
    steps = answer.size.steps
    if steps is None:
        return None
    return StepsView(
        risk_percent=None if steps.risk_fraction is None else _shown(steps.risk_fraction * 100),
        confidence_factor=plain(steps.confidence_factor),
        budget=plain(steps.budget),
        proposed_quantity=plain(steps.proposed_quantity),
        proposed_notional=plain(steps.proposed_notional),
        caps=[CapView(one.cap.value, plain(one.notional)) for one in steps.caps],
        capped_quantity=plain(steps.capped_quantity),
        rounded_off=plain(steps.rounded_off),
    )


def _percent(amount: Decimal | None, equity: Decimal | None) -> str | None:
    share = None if amount is None else fraction_of_equity(amount, equity)
    return None if share is None else _shown(share * 100)


def _shown(figure: Decimal | None) -> str | None:
    return None if figure is None else plain(figure.quantize(_SHOWN))


def _sum(*parts: Decimal | None) -> Decimal | None:
    known = [part for part in parts if part is not None]
    return sum(known, Decimal(0)) if len(known) == len(parts) else None
