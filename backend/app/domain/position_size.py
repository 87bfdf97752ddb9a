"""What a sizing answers: the size, and every step that led to it."""

from decimal import Decimal
from enum import StrEnum

from app.domain.records import Record
from app.domain.types import SizingMethod


class SizeCap(StrEnum):
    """What trimmed a size. The order is the order of precedence among equal caps."""

    MAX_POSITION_SIZE_USD = "max_position_size_usd"
    MAX_POSITION_SIZE_PERCENT = "max_position_size_percent"
    MAX_POSITION_SIZE_LOTS = "max_position_size_lots"
    MAX_RISK_PER_TRADE = "max_risk_per_trade"
    MAX_ORDER_NOTIONAL = "max_order_notional"
    MAX_LEVERAGE = "max_leverage"
    FREE_MARGIN = "free_margin"
    VENUE_MAX_QUANTITY = "venue_max_quantity"
    PLANNED_QUANTITY = "planned_quantity"


class SizeRefusal(StrEnum):
    """Why a size is zero."""

    EQUITY_UNKNOWN = "equity_unknown"
    FREE_MARGIN_UNKNOWN = "free_margin_unknown"
    EXPOSURE_UNKNOWN = "exposure_unknown"
    STOP_WRONG_SIDE = "stop_wrong_side"
    FIXED_AMOUNT_MISSING = "fixed_amount_missing"
    CONFIDENCE_UNKNOWN = "confidence_unknown"
    VOLATILITY_UNKNOWN = "volatility_unknown"
    NEGATIVE_EDGE = "negative_edge"
    EDGE_NOT_PROVEN = "edge_not_proven"
    INSTRUMENT_UNKNOWN = "instrument_unknown"
    CAPPED_TO_ZERO = "capped_to_zero"
    UNDER_MIN_QUANTITY = "under_min_quantity"
    UNDER_MIN_NOTIONAL = "under_min_notional"


class CapStep(Record, frozen=True):
    """One cap as it stood: the most notional that it allowed, quote currency, never below zero."""

    cap: SizeCap
    notional: Decimal


class SizeSteps(Record, frozen=True, kw_only=True):
    """How a size came about. `risk_fraction` is the part of equity that the method puts at risk (None where
    it asks for an amount), already multiplied by `confidence_factor` (1 where the method takes no notice);
    `budget` that part in quote currency. `proposed_*` is the method's own size before any cap and rounding,
    `caps` every cap that stands, `capped_quantity` what the tightest left, and `rounded_off` the quantity
    that whole steps then took away."""

    risk_fraction: Decimal | None
    confidence_factor: Decimal
    budget: Decimal | None
    proposed_quantity: Decimal
    proposed_notional: Decimal
    caps: tuple[CapStep, ...]
    capped_quantity: Decimal
    rounded_off: Decimal


class Rung(Record, frozen=True, kw_only=True):
    """One order of a ladder: the price at which it is sent, base units > 0, and what it takes of the whole size:
    notional, and loss at the one stop, costs included, both quote currency, rounded up."""

    price: Decimal
    quantity: Decimal
    notional: Decimal
    risk_amount: Decimal


class PositionSize(Record, frozen=True):
    """A proposed size. `quantity` base units, the rest quote currency; `risk_amount` is the loss at the
    stop with fees both ways and the slippage allowance; `risk_reward` net of costs, to the target, or to
    the targets of the parts weighed by their sizes; None without one.
    `binding_cap` is None when the method's own proposal stood; `refusal` says why `quantity` is zero.
    `risk_r` is `risk_amount` in R, the user's risk per trade of equity; None where that is zero or not
    known. `steps` is None where a missing fact ended the sizing before its first step. `rungs` are there where the
    size is a whole ladder's (`domain.ladder`): the entry, then every step; the figures are their sums."""

    quantity: Decimal
    notional: Decimal
    margin: Decimal
    risk_amount: Decimal
    risk_reward: Decimal | None
    binding_cap: SizeCap | None
    method: SizingMethod
    refusal: SizeRefusal | None = None
    risk_r: Decimal | None = None
    steps: SizeSteps | None = None
    rungs: tuple[Rung, ...] | None = None

    @property
    def first(self) -> Rung | None:
        """The entry of a ladder; None where the size is one order's."""
        return None if self.rungs is None else self.rungs[0]

    @property
    def sent_quantity(self) -> Decimal:
        """What the one order of this size sends at most: of a ladder the entry alone. A step is an order by itself,
        with its own size."""
        return self.quantity if self.rungs is None else self.rungs[0].quantity

    @property
    def approved(self) -> bool:
        """Whether there is a size to trade (`approved` of the seed's calculator)."""
        return self.refusal is None

    @property
    def position_size_usd(self) -> Decimal:
        """The notional under the seed's name."""
        return self.notional
