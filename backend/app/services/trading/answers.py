"""The answers of one batch, gathered: what each says, and the rows that are written for it."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from uuid import UUID

from app.core.random_ids import random_ids
from app.domain.client_order_id import client_order_id
from app.domain.limits import ApprovedOrder, BreachDetail, RefusedOrder
from app.domain.position_size import PositionSize, Rung
from app.domain.receipts import receipts_of
from app.domain.risk_case import RiskCase
from app.domain.risk_facts import EntryOrder
from app.domain.trading_hours import moment
from app.domain.types import OrderLeg, Side
from app.models.signal import Signal
from app.repositories.gate_rows import StateRow
from app.repositories.gate_writes import (
    AnsweredBatch,
    CeilingRow,
    DecisionRow,
    LadderRow,
    PlannedTrade,
    ScopeTrip,
    TradePlan,
    with_ladder,
)
from app.repositories.trading_accounts import TradingAccount
from app.services.trading.ceilings import ceilings_of
from app.services.trading.decision_lanes import Ask, TradeDecision
from app.services.trading.entry_refusals import BreachRow
from app.services.trading.holdings import ZERO, Holding
from app.services.trading.proposals import SignalMarket
from app.services.trading.risk_picture import RiskPicture
from app.services.trading.rulebook import Rulebook

Verdict = ApprovedOrder | RefusedOrder


class Answers:
    """Takes in a round at a time; an approval is reserved in its user's picture at once."""

    def __init__(self, deployment: str, pictures: Mapping[UUID, RiskPicture]) -> None:
        self._deployment = deployment
        self._pictures = pictures
        self._answers: dict[int, TradeDecision] = {}
        self._decisions: list[DecisionRow] = []
        self._receipts: list[bytes] = []
        self._ceilings: dict[UUID, dict[tuple[str, str], CeilingRow]] = {}
        self._plans: dict[tuple[int, int], tuple[EntryOrder, Rulebook, TradePlan]] = {}

    @property
    def changed(self) -> list[StateRow]:
        """Risk rows whose windows began or tripped."""
        return [state for picture in self._pictures.values() for state in picture.changed]

    @property
    def trips(self) -> list[ScopeTrip]:
        """Loss limits of strategies and symbols that were reached just now."""
        return [trip for picture in self._pictures.values() for trip in picture.trips.values()]

    def add_round(
        self,
        asks: Sequence[Ask],
        markets: Sequence[SignalMarket],
        cases: Sequence[RiskCase],
        verdicts: Sequence[Verdict],
        *,
        is_last: bool,
    ) -> None:
        """Take in what was decided about asks of different users. After the last round nobody asks what was
        reserved before."""
        self._receipts += receipts_of(cases, verdicts)
        ids = random_ids(2 * len(asks))
        for ask, market, case, verdict in zip(asks, markets, cases, verdicts, strict=True):
            if isinstance(verdict, RefusedOrder):
                self._note(ask, market, next(ids), verdict)
                continue
            picture = self._pictures[ask.account.user_id]
            plan = self._plan_of(ask, market, case, picture)
            trade = self._planned(next(ids), ask, plan, verdict.intent.size, picture)
            self._bound(picture, ask, plan.strategy, case)
            self._note(ask, market, next(ids), verdict, trade)
            if not is_last:
                picture.reserve(_holding(trade, plan, ask))

    def _note(
        self,
        ask: Ask,
        market: SignalMarket,
        decision_id: UUID,
        verdict: Verdict,
        trade: PlannedTrade | None = None,
    ) -> None:
        """Note one answer, with its trade where it was approved."""
        breaches = verdict.breaches if isinstance(verdict, RefusedOrder) else ()
        self._decisions.append(
            decision_row(decision_id, ask.account, market, breach_rows(breaches), verdict.intent.size, trade)
        )
        trade_id = None if trade is None else trade.trade_id
        self._answers[id(ask)] = TradeDecision(ask, decision_id, trade_id, breaches)

    def batch(self) -> AnsweredBatch:
        """Everything that is written for them."""
        return AnsweredBatch(
            decisions=self._decisions,
            receipts=self._receipts,
            ceilings=[row for held in self._ceilings.values() for row in held.values()],
            plans=[plan for _, _, plan in self._plans.values()],
        )

    def of(self, asks: Sequence[Ask]) -> list[TradeDecision]:
        """The answers in the order of the asks."""
        return [self._answers[id(ask)] for ask in asks]

    def _bound(self, picture: RiskPicture, ask: Ask, strategy: str, case: RiskCase) -> None:
        """Note the ceilings of the approval's scopes. What the batch reserved before counts as used in the
        facts, and is added to the ledger's figures; where a scope is met twice the lower ceiling stands."""
        user_id, wallet_id = ask.account.user_id, ask.account.wallet_id
        held = self._ceilings.setdefault(user_id, {})
        for row in ceilings_of(case, user_id, wallet_id, strategy, picture.usage()):
            key = (row.scope, row.scope_key)
            known = held.get(key)
            held[key] = row if known is None else row.lower(known)

    def _planned(
        self, trade_id: UUID, ask: Ask, plan: TradePlan, size: PositionSize, picture: RiskPicture
    ) -> PlannedTrade:
        first, wallet = size.first or size, picture.wallets[ask.account.wallet_id]
        trade = PlannedTrade(
            trade_id=trade_id,
            client_order_id=client_order_id(self._deployment, trade_id, OrderLeg.ENTRY, 1),
            plan=plan.number,
            planned_quantity=first.quantity,
            planned_notional=first.notional,
            planned_risk=first.risk_amount,
            session_closes_at=moment(picture.hours.leaves_ms(wallet.id, wallet.venue)),
        )
        return trade if size.rungs is None else with_ladder(trade, _steps(size.rungs))

    def _plan_of(self, ask: Ask, market: SignalMarket, case: RiskCase, picture: RiskPicture) -> TradePlan:
        """The plan of this entry under these rules, made where it is met first."""
        order = market.candidate
        book = picture.book(ask.account.wallet_id, order.strategy, order.symbol)
        key = (id(case.order), id(book))
        held = self._plans.get(key)
        if held is None:  # with what it was made of, so that their ids stay theirs
            plan = _plan(len(self._plans), ask.signal, market, case, book)
            held = self._plans[key] = (case.order, book, plan)
        return held[2]


def _steps(rungs: Sequence[Rung]) -> tuple[LadderRow, ...]:
    """The steps of a ladder behind its entry, the nearest first."""
    return tuple(
        LadderRow(
            number=number,
            price=rung.price,
            quantity=rung.quantity,
            notional=rung.notional,
            risk_amount=rung.risk_amount,
        )
        for number, rung in enumerate(rungs[1:], start=1)
    )


def _plan(number: int, signal: Signal, market: SignalMarket, case: RiskCase, book: Rulebook) -> TradePlan:
    """What every trade has in common that this signal begins under these rules."""
    return TradePlan(
        number=number,
        order_side=market.side.entry_order_side.value,
        environment=case.order.environment.value,
        venue=signal.venue,
        symbol=signal.symbol,
        strategy=signal.strategy,
        timeframe=signal.timeframe,
        side=signal.side,
        signal_confidence=signal.confidence,
        reason=signal.reason,
        planned_entry_price=case.order.entry_price,
        leverage=case.terms.leverage,
        stop_price=market.stop_price(book.own_stops),
        take_profit_price=case.order.take_profit_price,
        trailing_enabled=book.trailing_enabled,
        trailing_activation_fraction=book.trailing_activation_fraction,
        trailing_fraction=book.trailing_fraction,
        trailing_distance=atr_distance(signal.features, book.trailing_atr_multiple),
        volatility_multiple=book.volatility_multiple,
        scale_out_enabled=book.scale_out_enabled,
        max_holding_minutes=book.max_holding_minutes,
    )


def atr_distance(features: Mapping[str, float], multiple: Decimal | None) -> Decimal | None:
    """Return that many ATR of the signal's bar as a price distance; None without a multiple or an ATR."""
    atr = features.get("atr")
    if multiple is None or atr is None or not atr > 0:
        return None
    return round(multiple * Decimal(repr(float(atr))), 10)


def breach_rows(breaches: Sequence[BreachDetail]) -> list[BreachRow]:
    """Return breaches as they are stored: code, message, limit, value, scope; figures as text."""
    return [
        {
            "code": one.code.value,
            "message": one.message,
            "limit": None if one.limit is None else f"{one.limit:f}",
            "value": None if one.value is None else f"{one.value:f}",
            "scope": None if one.scope is None else one.scope.value,
        }
        for one in breaches
    ]


def decision_row(
    decision_id: UUID,
    account: TradingAccount,
    market: SignalMarket,
    breaches: list[BreachRow],
    size: PositionSize | None,
    trade: PlannedTrade | None = None,
) -> DecisionRow:
    """One answer as it is stored; `size` None where it was not come to."""
    sized = size if size is not None and size.quantity > 0 else None
    binding = None if size is None else size.binding_cap
    return DecisionRow(
        id=decision_id,
        user_id=account.user_id,
        wallet_id=account.wallet_id,
        signal_id=market.signal_id,
        breaches=breaches,
        quantity=None if sized is None else sized.quantity,
        notional=None if sized is None else sized.notional,
        risk_amount=None if sized is None else sized.risk_amount,
        requested_price=market.entry_price,
        binding_cap=None if binding is None else binding.value,
        market_time=market.market_time,
        trade=trade,
    )


def _holding(trade: PlannedTrade, plan: TradePlan, ask: Ask) -> Holding:
    return Holding(
        trade_id=trade.trade_id,
        wallet_id=ask.account.wallet_id,
        venue=plan.venue,
        symbol=plan.symbol,
        strategy=plan.strategy,
        side=Side(plan.side),
        quantity=ZERO,
        entry_price=None,
        stop_price=plan.stop_price,
        has_live_stop=False,
        reserved_notional=trade.planned_notional + trade.ladder_notional,
        reserved_risk=trade.planned_risk + trade.ladder_risk,
        leverage=plan.leverage,
    )
