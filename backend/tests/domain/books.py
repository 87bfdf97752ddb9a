"""Random books: cases with every fact and limit drawn at random, some of them missing or no number at all."""

import random
from collections.abc import Callable
from dataclasses import fields
from decimal import Decimal
from typing import Any, TypeVar

from app.domain.limit_table import BY_FIELD, LimitUnit
from app.domain.risk_case import ClosedTradeStatistics, RiskCase, SizingTerms
from app.domain.risk_facts import (
    NEVER_MS,
    EntryOrder,
    LossWindow,
    MarketFacts,
    OpenTrade,
    ScopeFacts,
    StrategyFacts,
    SymbolFacts,
    UserFacts,
    WalletFacts,
)
from app.domain.risk_limits import FIELD_NAMES, LimitLevels, RiskLimits
from app.domain.types import Environment, Instrument, Side, SizingMethod, TradingState

Scope = TypeVar("Scope", bound=ScopeFacts)
NOW_MS = 1_700_000_000_000


class Drawing:
    """Draws the parts of a case. `gaps` is how often a fact is missing."""

    def __init__(self, seed: int, *, gaps: float = 0.02) -> None:
        self._random = random.Random(seed)  # noqa: S311  # examples, no secrets
        self._gaps = gaps

    def money(self, most: float) -> Decimal:
        return Decimal(repr(round(self._random.uniform(0, most), 8)))

    def maybe(self, value: Decimal) -> Decimal | None:
        """The value, or rarely nothing, or rarely no number."""
        chance = self._random.random()
        if chance < self._gaps:
            return None
        return Decimal("NaN") if chance < self._gaps * 1.2 else value

    def count(self, most: int) -> int | None:
        return None if self._random.random() < self._gaps else self._random.randint(0, most)

    def fraction(self, most: float, places: int = 4) -> Decimal:
        return Decimal(repr(round(self._random.uniform(0, most), places)))

    def chance(self, often: float) -> bool:
        return self._random.random() < often

    def one_of(self, *values: object) -> object:
        return self._random.choice(values)

    def past(self) -> int | None:
        if self.chance(self._gaps):
            return None
        return NEVER_MS if self.chance(0.4) else NOW_MS - self._random.randint(0, 90_000_000)

    def case(self) -> RiskCase:
        """Return one book's case."""
        price = Decimal(repr(round(10 ** self._random.uniform(-3, 5), 5)))
        side = Side.LONG if self.chance(0.5) else Side.SHORT
        instrument = self.instrument()
        distance = self.fraction(0.1) + Decimal("0.0005")
        stop = (price * (1 - side.sign * distance)).quantize(instrument.price_tick)
        target = (price * (1 + side.sign * distance * self.fraction(4, 2))).quantize(instrument.price_tick)
        adds = self.chance(0.1)
        order = EntryOrder(
            symbol="BTC/USDT:USDT",
            environment=Environment.PAPER,
            side=side,
            signal_price=price,
            entry_price=price,
            stop_price=stop if stop > 0 else None,
            take_profit_price=None if self.chance(0.1) else target,
            signal_confidence=self.maybe(self.fraction(1, 2)),
            expires_at_ms=NOW_MS + self._random.randint(-1_000, 60_000),
            slippage_allowance_fraction=Decimal("0.0005"),
            adds=adds,
            scales_out=self.chance(0.5),
            ladder_step=self._random.randint(1, 3) if adds and self.chance(0.4) else None,
        )
        equity = self.money(50_000)
        market = MarketFacts(
            platform_state=TradingState.ACTIVE,
            venue_state=TradingState.ACTIVE,
            instrument=None if self.chance(self._gaps) else instrument,
            mark_price=self.maybe(price * (1 + self.fraction(0.002, 6))),
            price_age_seconds=self._random.uniform(0, 6),
            market_ms=NOW_MS,
            quote_usd_price=self.maybe(1 + self.fraction(0.01)),
        )
        return RiskCase(
            order=order,
            terms=self.terms(),
            market=market,
            wallet=self.wallet(equity, side, price, adds=adds),
            user=self.scope(UserFacts, equity * 2),
            strategy=self.scope(StrategyFacts, equity * 2),
            symbol=self.scope(SymbolFacts, equity * 2),
            limits=LimitLevels(*(self.limits() for _ in range(5))),
        )

    def instrument(self) -> Instrument:
        step = Decimal(str(self.one_of("0.001", "0.01", "1")))
        return Instrument(
            symbol="BTC/USDT:USDT",
            price_tick=Decimal("0.00001"),
            quantity_step=step,
            min_quantity=step,
            max_quantity=Decimal(1_000_000),
            min_notional=Decimal(5),
            contract_size=Decimal(1),
            max_leverage=50,
            taker_fee_rate=Decimal(str(self.one_of("0", "0.0005"))),
            maker_fee_rate=Decimal(0),
            maintenance_margin_fraction=self.maybe(Decimal("0.004")),
        )

    def terms(self) -> SizingTerms:
        statistics = ClosedTradeStatistics(
            self._random.randint(0, 200), 0, self.money(200) + 1, self.money(200) + 1
        )
        return SizingTerms(
            method=self._random.choice(list(SizingMethod)),
            leverage=self._random.randint(1, 20),
            risk_per_trade_fraction=self.fraction(0.03),
            fixed_amount_usd=self.money(2_000),
            statistics=ClosedTradeStatistics(
                statistics.trades,
                self._random.randint(statistics.trades // 3, statistics.trades),
                statistics.average_win,
                statistics.average_loss,
            ),
            daily_volatility=self.maybe(self.fraction(0.1) + Decimal("0.001")),
        )

    def wallet(self, equity: Decimal, side: Side, price: Decimal, *, adds: bool) -> WalletFacts:
        trade = OpenTrade(
            side=side,
            entry_price=price * (1 - side.sign * self.fraction(0.05)),
            quantity=self.money(1),
            notional=self.money(500),
            risk_amount=Decimal(0) if self.chance(0.7) else self.money(20),
            additions=self.count(3),
        )
        held = self.scope(WalletFacts, equity)
        own = {field.name: getattr(held, field.name) for field in fields(ScopeFacts)}
        return WalletFacts(
            **own,
            free_margin=self.maybe(equity),
            balance_age_seconds=self._random.uniform(0, 60),
            symbol_is_open=adds or self.chance(0.05),
            open_trade=trade if adds else None,
        )

    def scope(self, kind: Callable[..., Scope], equity: Decimal) -> Scope:
        return kind(
            trading_state=TradingState.ACTIVE,
            equity=self.maybe(equity),
            open_positions=self.count(6),
            pending_entries=self.count(2),
            positions_in_strategy=self.count(4),
            positions_in_symbol=self.count(2),
            notional=self.maybe(self.money(8_000)),
            reserved_notional=self.maybe(self.money(1_000)),
            open_risk=self.maybe(self.money(400)),
            reserved_risk=self.maybe(self.money(100)),
            asset_notional=self.maybe(self.money(3_000)),
            margin_used=self.maybe(self.money(2_000)),
            reserved_margin=self.maybe(self.money(200)),
            day=self.window(equity),
            week=self.window(equity),
            month=self.window(equity),
            peak_equity=self.maybe(equity * (1 + self.fraction(0.2))),
            book_equity=self.maybe(equity),
            consecutive_losses=self.count(4),
            trades_today=self.count(12),
            orders_last_minute=self.count(12),
            last_exit_ms=self.past(),
            last_loss_ms=self.past(),
            position_correlations=tuple(
                self.maybe(self.fraction(2) - 1) for _ in range(self._random.randint(0, 4))
            ),
        )

    def window(self, equity: Decimal) -> LossWindow | None:
        if self.chance(self._gaps):
            return None
        return LossWindow(
            start_equity=equity * (Decimal("0.95") + self.fraction(0.1)),
            deposits=self.money(100) if self.chance(0.2) else Decimal(0),
            withdrawals=self.money(100) if self.chance(0.2) else Decimal(0),
            tripped=self.chance(0.01),
            pnl=self.maybe(self.money(600) - 300),
        )

    def limits(self) -> RiskLimits:
        """Each limit with a small chance, generous enough that many orders pass."""
        # the names are RiskLimits' own
        held: dict[str, Any] = {name: self._limit(name) for name in FIELD_NAMES if self.chance(0.12)}
        if self.chance(0.5):
            held["enable_pyramiding"] = self.chance(0.8)
        if self.chance(0.5):
            held["enable_dca"] = self.chance(0.8)
        return RiskLimits(**held)

    def _limit(self, name: str) -> Decimal | int:
        declared = BY_FIELD[name]
        if declared.larger_is_stricter:
            return self.fraction(1, 2)
        match declared.unit:
            case LimitUnit.PERCENT | LimitUnit.BPS:
                return self.fraction(2)
            case LimitUnit.USD:
                return self.money(20_000)
            case LimitUnit.COUNT:
                return self._random.randint(1, 15)
            case LimitUnit.RATIO | LimitUnit.LOTS:
                return self._random.randint(1, 20)
            case LimitUnit.CORRELATION:
                return self.fraction(1, 2)
            case _:
                return self.money(120)
