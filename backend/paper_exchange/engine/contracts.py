"""What can be traded: tick, step, fees and leverage brackets of each contract."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from paper_exchange.engine.money import ZERO, from_units, to_units

PERPETUAL_DELIVERY_MS = 4_133_404_800_000
# 2030-12-27 08:00 UTC, the last Friday of that quarter.
DELIVERY_MS = 1_924_588_800_000


@dataclass(frozen=True, slots=True)
class Bracket:
    """One step of the maintenance table: notional in USDT up to `cap`, rates as fractions."""

    number: int
    max_leverage: int
    floor: Decimal
    cap: Decimal
    maintenance_fraction: Decimal
    cumulative: Decimal


def _brackets(max_leverage: int) -> tuple[Bracket, ...]:
    rows = (
        (max_leverage, 0, 50_000, "0.004", 0),
        (100, 50_000, 600_000, "0.005", 50),
        (75, 600_000, 3_000_000, "0.0065", 950),
        (50, 3_000_000, 12_000_000, "0.01", 11_450),
        (25, 12_000_000, 70_000_000, "0.02", 131_450),
        (10, 70_000_000, 100_000_000, "0.025", 481_450),
    )
    return tuple(
        Bracket(
            number,
            min(leverage, max_leverage),
            Decimal(floor),
            Decimal(cap),
            Decimal(rate),
            Decimal(cumulative),
        )
        for number, (leverage, floor, cap, rate, cumulative) in enumerate(rows, start=1)
    )


@dataclass(frozen=True, slots=True)
class Contract:
    """A linear USDT contract.

    Prices are multiples of 10**-price_decimals, quantities of 10**-quantity_decimals.
    """

    symbol: str
    base: str
    price_decimals: int
    quantity_decimals: int
    max_quantity: Decimal
    max_market_quantity: Decimal
    max_leverage: int
    max_price: Decimal = Decimal(10_000_000)
    max_orders: int = 200
    max_conditionals: int = 200
    trigger_protect: Decimal = Decimal("0.05")
    market_take_bound: Decimal = Decimal("0.05")
    max_amendments: int = 10_000
    min_notional: Decimal = Decimal(5)
    taker_fee: Decimal = Decimal("0.0005")
    maker_fee: Decimal = Decimal("0.0002")
    liquidation_fee: Decimal = Decimal("0.0125")
    band_up: Decimal = Decimal("1.05")
    band_down: Decimal = Decimal("0.95")
    contract_type: str = "PERPETUAL"
    delivery_ms: int = PERPETUAL_DELIVERY_MS
    brackets: tuple[Bracket, ...] = field(default=())
    coarse_tick: Decimal | None = (
        None  # what the prices of orders are multiples of, where that is more than one tick
    )

    @property
    def pair(self) -> str:
        """The symbol without its delivery date."""
        return self.symbol.partition("_")[0]

    @property
    def is_perpetual(self) -> bool:
        return self.contract_type == "PERPETUAL"

    @property
    def tick(self) -> Decimal:
        return from_units(1, self.price_decimals)

    @property
    def order_tick(self) -> Decimal:
        """What the price of an order is a multiple of (PRICE_FILTER)."""
        return self.tick if self.coarse_tick is None else self.coarse_tick

    @property
    def step(self) -> Decimal:
        return from_units(1, self.quantity_decimals)

    def price(self, ticks: int) -> Decimal:
        return from_units(ticks, self.price_decimals)

    def ticks(self, price: Decimal) -> int:
        return to_units(price, self.price_decimals)

    def quantity(self, steps: int) -> Decimal:
        return from_units(steps, self.quantity_decimals)

    def steps(self, quantity: Decimal) -> int:
        return to_units(quantity, self.quantity_decimals)

    def price_text(self, price: Decimal) -> str:
        return f"{price:.{self.price_decimals}f}"

    def quantity_text(self, quantity: Decimal) -> str:
        return f"{quantity:.{self.quantity_decimals}f}"

    def bracket(self, notional: Decimal) -> Bracket:
        """The bracket a position of that notional (USDT, >= 0) falls in."""
        for bracket in self.brackets:
            if notional < bracket.cap:
                return bracket
        return self.brackets[-1]

    def max_notional(self, leverage: int) -> Decimal:
        """Largest position in USDT that may be held at that leverage."""
        return max((b.cap for b in self.brackets if b.max_leverage >= leverage), default=ZERO)


def listed_contracts() -> tuple[Contract, ...]:
    """Every contract of this venue, perpetuals first, one delivery contract last."""

    def perpetual(base: str, price: int, quantity: int, largest: tuple[int, int], leverage: int) -> Contract:
        return Contract(
            symbol=f"{base}USDT",
            base=base,
            price_decimals=price,
            quantity_decimals=quantity,
            max_quantity=Decimal(largest[0]),
            max_market_quantity=Decimal(largest[1]),
            max_leverage=leverage,
            brackets=_brackets(leverage),
        )

    return (
        perpetual("BTC", 1, 3, (1_000, 120), 125),
        perpetual("ETH", 2, 3, (10_000, 2_000), 125),
        perpetual("SOL", 2, 2, (100_000, 20_000), 75),
        perpetual("XRP", 4, 1, (10_000_000, 2_000_000), 75),
        perpetual("DOGE", 5, 0, (50_000_000, 30_000_000), 75),
        Contract(
            symbol="BTCUSDT_301227",
            base="BTC",
            price_decimals=1,
            quantity_decimals=3,
            max_quantity=Decimal(1_000),
            max_market_quantity=Decimal(120),
            max_leverage=50,
            contract_type="CURRENT_QUARTER",
            delivery_ms=DELIVERY_MS,
            brackets=_brackets(50),
        ),
    )
