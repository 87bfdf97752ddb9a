"""How an approved entry goes out: the wallet's settings, the book of this moment, and the rule between them."""

from dataclasses import dataclass
from decimal import Decimal
from random import SystemRandom

from app.domain.execution_settings import ExecutionSettings, SlippageUnit, to_bps
from app.domain.order_book import OrderBook
from app.domain.routing import Order as OrderToRoute
from app.domain.routing import Route, RouteKind, Urgency, choose_route
from app.domain.types import Instrument, OrderSide, OrderType
from app.domain.venue import TimeInForce
from app.models.execution_settings import ExecutionSettingsRow

SECONDS_PER_DAY = Decimal(86_400)
BASIS_POINTS = Decimal(10_000)
LONGEST_WAIT_SECONDS = 60.0
FOUR_PLACES = Decimal("1e-4")
DEFAULTS = ExecutionSettings()
_FORCES = {
    RouteKind.CAPPED: TimeInForce.IOC,
    RouteKind.SLICED: TimeInForce.IOC,
    RouteKind.POSTED: TimeInForce.GTX,
}
CHANCE = SystemRandom()  # spreads what would come at once


@dataclass(frozen=True, slots=True)
class EntryTerms:
    """What routing one entry needs beside the order. `daily_volatility` is a fraction, None where not known."""

    settings: ExecutionSettings
    book: OrderBook | None
    instrument: Instrument
    daily_volatility: Decimal | None

    @property
    def volatility_bps(self) -> Decimal | None:
        """Standard deviation of the price over one second, in basis points: the day's, scaled by the square root
        of time; None where the day's is not known."""
        if self.daily_volatility is None:
            return None
        return self.daily_volatility / SECONDS_PER_DAY.sqrt() * BASIS_POINTS

    @property
    def retries(self) -> int:
        """How often a refusal that time cures is tried again."""
        return self.settings.retry_attempts

    def retry_seconds(self, tried: int) -> float:
        """Wait before the next try, after `tried` of them: doubled each time, and spread so that wallets that
        were refused together do not come back together."""
        delay = float(self.settings.retry_delay_seconds) * 2.0**tried
        return min(delay, LONGEST_WAIT_SECONDS) * (0.5 + CHANCE.random() / 2)

    def choose(
        self,
        side: OrderSide,
        quantity: Decimal,
        reference_price: Decimal,
        urgency: Urgency = Urgency.PATIENT,
    ) -> Route:
        """Return how an entry of that quantity goes out now. One that is sliced or posted is chosen anew for what
        it leaves, as long as `execution_timeout_seconds` allow."""
        order = OrderToRoute(side, quantity, reference_price, urgency, self.volatility_bps)
        return choose_route(order, self.book, self.instrument, self.settings)

    def can_carry(self, quantity: Decimal, price: Decimal) -> bool:
        """Whether the venue takes an order that small."""
        return quantity >= self.instrument.min_quantity and quantity * price >= self.instrument.min_notional


def settings_in_bps(
    row: ExecutionSettingsRow | None, *, price: Decimal, instrument: Instrument
) -> ExecutionSettings:
    """Return a wallet's settings as the rules read them; without a row, the defaults."""
    if row is None:
        return DEFAULTS
    tick = instrument.price_tick
    return ExecutionSettings(
        max_slippage_bps=to_bps(
            row.max_slippage, SlippageUnit(row.max_slippage_unit), price=price, tick=tick
        ),
        max_deviation_bps=to_bps(
            row.max_deviation, SlippageUnit(row.max_deviation_unit), price=price, tick=tick
        ),
        retry_attempts=row.retry_attempts,
        retry_delay_seconds=row.retry_delay_seconds,
        execution_timeout_seconds=row.execution_timeout_seconds,
        use_market_orders=row.use_market_orders,
        confirm_trades=row.confirm_trades,
        confirm_seconds=row.confirm_seconds,
    )


def route_columns(route: Route, terms: EntryTerms) -> dict[str, object]:
    """Return the order's columns that say how it goes out, and what the book showed."""
    values: dict[str, object] = {
        "route": route.kind.value,
        "route_reason": route.reason,
        "expected_slippage_bps": _rounded(route.expected_slippage_bps),
        "spread_bps": _rounded(route.spread_bps),
        "book_depth": route.depth,
        "volatility_bps": _rounded(terms.volatility_bps),
    }
    if route.kind in _FORCES:
        values |= {
            "order_type": OrderType.LIMIT.value,
            "limit_price": route.limit_price,
            "time_in_force": _FORCES[route.kind].value,
        }
    elif route.kind is RouteKind.MARKET:
        values |= {"order_type": OrderType.MARKET.value, "limit_price": None, "time_in_force": None}
    return values


def route_breach(route: Route) -> dict[str, str | None]:
    """Return a route's refusal as decisions keep their breaches; figures as text in the unit of the code."""
    return {
        "code": None if route.refusal is None else route.refusal.value,
        "message": f"{route.reason[:1].upper()}{route.reason[1:]}.",
        "limit": None if route.limit is None else f"{_figure(route.limit):f}",
        "value": None if route.value is None else f"{_figure(route.value):f}",
        "scope": None,
    }


def _figure(value: Decimal) -> Decimal:
    return round(value, 8).normalize()


def _rounded(value: Decimal | None) -> Decimal | None:
    return None if value is None else value.quantize(FOUR_PLACES)
