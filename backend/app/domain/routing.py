"""How an order goes to the venue: at market, capped, in slices, waiting in the book, or not at all.

A pure choice from spread, depth, volatility, urgency and size, made against one moment of the book. Leaving a
position is never refused and never waits: protection comes before price.

The expected cost of an entry is what walking the book gives away against the decision price, plus what the
market is likely to move while the order travels: volatility per square root of a second, times the square
root of the travelling time (the usual diffusion estimate; Almgren and Chriss 2000, section 1).
"""

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from enum import StrEnum

from app.domain.execution_settings import ExecutionSettings
from app.domain.order_book import Ladder, OrderBook, slippage_bps, worst_price
from app.domain.types import Instrument, OrderSide

COMFORTABLE_SHARE = Decimal("0.5")  # of the allowed slippage: below it a market order is as good as capped
SLICE_SHARE = Decimal("0.5")  # of the depth within the cap that one slice may take
MOST_SLICES = 10
BROKEN_SPREAD = Decimal(10)  # times the allowed slippage: nobody makes a market here
TRAVEL_SECONDS = Decimal("0.25")


class Urgency(StrEnum):
    """`NOW` leaves at any price; `PATIENT` may wait in the book; `PROMPT` may be capped but not wait."""

    NOW = "now"
    PROMPT = "prompt"
    PATIENT = "patient"


class RouteKind(StrEnum):
    MARKET = "market"
    CAPPED = "capped"
    SLICED = "sliced"
    POSTED = "posted"
    REFUSED = "refused"


class RouteRefusal(StrEnum):
    """Stable codes of the reasons not to send."""

    BOOK_UNKNOWN = "book_unknown"
    PRICE_MOVED = "price_moved"
    SPREAD_TOO_WIDE = "spread_too_wide"
    BOOK_TOO_THIN = "book_too_thin"


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be bought or sold. `reference_price` is that of the decision. `volatility_bps` is the standard
    deviation of the price over one second in basis points, None where not known."""

    side: OrderSide
    quantity: Decimal
    reference_price: Decimal
    urgency: Urgency
    volatility_bps: Decimal | None


@dataclass(frozen=True, slots=True)
class Route:
    """The choice. `limit_price` caps CAPPED and SLICED orders and is where a POSTED one first waits; `cap_price` is
    the worst that any order of it may pay. `slices` add up to the quantity. `value` and `limit` of a refusal are
    in the unit of its code: basis points, or base units for BOOK_TOO_THIN. Slippage is adverse positive and None
    where the book does not tell."""

    kind: RouteKind
    reason: str
    limit_price: Decimal | None = None
    cap_price: Decimal | None = None
    slices: tuple[Decimal, ...] = ()
    expected_slippage_bps: Decimal | None = None
    spread_bps: Decimal | None = None
    depth: Decimal | None = None
    refusal: RouteRefusal | None = None
    value: Decimal | None = None
    limit: Decimal | None = None


@dataclass(frozen=True, slots=True)
class _Look:
    """What the book says about one order: allowed and present figures."""

    ladder: Ladder
    joined: Ladder
    cap_price: Decimal  # on a tick, never worse than allowed
    spread_bps: Decimal
    depth: Decimal  # within the cap
    expected_bps: Decimal | None  # None: the ladder is too short


def choose_route(
    order: Order,
    book: OrderBook | None,
    instrument: Instrument,
    settings: ExecutionSettings,
) -> Route:
    """Return how `order` goes out. Raises ValueError for a quantity or a reference price that is not positive."""
    figures = (order.quantity, order.reference_price)
    if not all(figure.is_finite() and figure > 0 for figure in figures):
        raise ValueError(f"no order: {order.quantity} at {order.reference_price}")
    if order.urgency is Urgency.NOW:
        return _leave(order, book)
    if book is None or book.mid_price is None or book.spread_bps is None:
        return _refused(RouteRefusal.BOOK_UNKNOWN, "the order book is unknown or a side of it is empty")
    moved = slippage_bps(order.side, book.mid_price, order.reference_price)
    if moved > settings.max_deviation_bps:
        return _refused(
            RouteRefusal.PRICE_MOVED,
            f"the market moved {moved:.1f} bps away since the decision; {settings.max_deviation_bps:.1f} are allowed",
            moved,
            settings.max_deviation_bps,
        )
    look = _look(order, book, book.spread_bps, instrument, settings)
    return _enter(order, look, instrument, settings)


def posting_price(side: OrderSide, joined: Ladder, cap_price: Decimal) -> Decimal:
    """Return where an order of this side waits now: beside the best of its own side, never beyond the cap."""
    best = cap_price if joined.best is None else joined.best
    return min(best, cap_price) if side is OrderSide.BUY else max(best, cap_price)


def is_outbid(side: OrderSide, limit_price: Decimal, cap_price: Decimal, joined: Ladder) -> bool:
    """Whether an order that waits at `limit_price` should be priced again: somebody else is first, and it may still
    go there. One that stands alone in front stays where it is."""
    wanted = posting_price(side, joined, cap_price)
    return wanted > limit_price if side is OrderSide.BUY else wanted < limit_price


def _leave(order: Order, book: OrderBook | None) -> Route:
    average = None if book is None else book.taken_by(order.side).average_price(order.quantity)
    expected = None if average is None else slippage_bps(order.side, average, order.reference_price)
    return Route(
        RouteKind.MARKET,
        "leaving at market: protection comes before price",
        slices=(order.quantity,),
        expected_slippage_bps=expected,
        spread_bps=None if book is None else book.spread_bps,
        depth=None if book is None else book.taken_by(order.side).depth,
    )


def _look(
    order: Order, book: OrderBook, spread_bps: Decimal, instrument: Instrument, settings: ExecutionSettings
) -> _Look:
    ladder = book.taken_by(order.side)
    cap = worst_price(order.side, order.reference_price, settings.max_slippage_bps)
    rounding = ROUND_FLOOR if order.side is OrderSide.BUY else ROUND_CEILING
    cap = (cap / instrument.price_tick).to_integral_value(rounding) * instrument.price_tick
    average = ladder.average_price(order.quantity)
    expected = None
    if average is not None:
        drift = (order.volatility_bps or Decimal(0)) * TRAVEL_SECONDS.sqrt()
        expected = slippage_bps(order.side, average, order.reference_price) + drift
    return _Look(ladder, book.joined_by(order.side), cap, spread_bps, ladder.quantity_within(cap), expected)


def _enter(order: Order, look: _Look, instrument: Instrument, settings: ExecutionSettings) -> Route:
    allowed = settings.max_slippage_bps
    if look.spread_bps > allowed * BROKEN_SPREAD:
        return _refused(
            RouteRefusal.SPREAD_TOO_WIDE,
            f"the spread is {look.spread_bps:.1f} bps; above {allowed * BROKEN_SPREAD:.1f} nobody makes a market",
            look.spread_bps,
            allowed * BROKEN_SPREAD,
            look,
        )
    if look.depth < order.quantity or look.expected_bps is None:
        return _work(order, look, instrument, settings)
    calm = order.volatility_bps is not None and look.expected_bps <= allowed * COMFORTABLE_SHARE
    told = f"{look.expected_bps:.1f} bps expected, {allowed:.1f} allowed"
    if settings.use_market_orders and calm:
        return _route(RouteKind.MARKET, f"{told}: at market", (order.quantity,), look)
    return _route(RouteKind.CAPPED, f"{told}: capped there", (order.quantity,), look, look.cap_price)


def _work(order: Order, look: _Look, instrument: Instrument, settings: ExecutionSettings) -> Route:
    """An order that the book cannot take at once within the cap."""
    slices = _slices(order.quantity, look.depth * SLICE_SHARE, order.reference_price, instrument)
    if slices:
        return _route(
            RouteKind.SLICED,
            f"{look.depth.normalize():f} within {settings.max_slippage_bps:.1f} bps for"
            f" {order.quantity.normalize():f}: in {len(slices)} slices",
            slices,
            look,
            look.cap_price,
        )
    if order.urgency is Urgency.PATIENT:
        return _route(
            RouteKind.POSTED,
            f"too little within {settings.max_slippage_bps:.1f} bps: waiting in the book for at most"
            f" {settings.execution_timeout_seconds.normalize():f} s",
            (order.quantity,),
            look,
            posting_price(order.side, look.joined, look.cap_price),
        )
    return _refused(
        RouteRefusal.BOOK_TOO_THIN,
        f"only {look.depth.normalize():f} of {order.quantity.normalize():f} within"
        f" {settings.max_slippage_bps:.1f} bps of the decision price",
        look.depth,
        order.quantity,
        look,
    )


def _slices(
    quantity: Decimal, largest: Decimal, price: Decimal, instrument: Instrument
) -> tuple[Decimal, ...]:
    """Cut into whole steps as evenly as can be, none above `largest`; empty where more than MOST_SLICES would be
    needed or a slice would be under the venue's smallest order."""
    step = instrument.quantity_step
    steps, most = int(quantity / step), int(largest / step)
    if most < 1:
        return ()
    count = -(-steps // most)
    if not 1 < count <= MOST_SLICES:
        return ()
    base, longer = divmod(steps, count)
    if base * step < instrument.min_quantity or base * step * price < instrument.min_notional:
        return ()
    return tuple((base + 1) * step if place < longer else base * step for place in range(count))


def _route(
    kind: RouteKind, reason: str, slices: tuple[Decimal, ...], look: _Look, limit_price: Decimal | None = None
) -> Route:
    return Route(
        kind,
        reason,
        limit_price=limit_price,
        cap_price=look.cap_price,
        slices=slices,
        expected_slippage_bps=look.expected_bps,
        spread_bps=look.spread_bps,
        depth=look.depth,
    )


def _refused(
    code: RouteRefusal,
    reason: str,
    value: Decimal | None = None,
    limit: Decimal | None = None,
    look: _Look | None = None,
) -> Route:
    return Route(
        RouteKind.REFUSED,
        reason,
        expected_slippage_bps=None if look is None else look.expected_bps,
        spread_bps=None if look is None else look.spread_bps,
        depth=None if look is None else look.depth,
        refusal=code,
        value=value,
        limit=limit,
    )
