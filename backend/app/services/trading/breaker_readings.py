"""What the automatic breakers read: every rule that is reached now, of every tenant, out of facts read at once."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from app.domain.breaker import EVERY_ENVIRONMENT, PLATFORM_ID, BreakerCause
from app.domain.breaker_rules import (
    BreakerTerms,
    Reading,
    count_reading,
    drawdown_reading,
    loss_reading,
    seconds_reading,
    share_reading,
    slippage_reading,
    troubled_reading,
)
from app.domain.loss_windows import WindowLength, window_bounds
from app.domain.risk_facts import LossWindow
from app.domain.types import BreakerScope
from app.repositories.breaker_facts import NearLimit, OrderPace, Trouble

_HUNDRED = Decimal(100)
_UNITS = {
    BreakerCause.CONSECUTIVE_LOSSES: "losses in a row",
    BreakerCause.SLIPPAGE: "bps of slippage",
    BreakerCause.REJECT_RATE: "% of orders refused",
    BreakerCause.ORDER_RATE: "orders a minute",
    BreakerCause.NAKED_TIME: "s without a stop",
    BreakerCause.STALE_PRICES: "s since the last price",
    BreakerCause.VENUE_ERRORS: "failed requests in a row",
    BreakerCause.CLOCK: "s between the clocks",
    BreakerCause.DRIFT: "% of accounts differ",
}


@dataclass(frozen=True, slots=True)
class Trip:
    """One rule that is reached. `by_platform`: its limit is the platform's, which no user's choice turns into an
    alert. `user_id` is None for the platform and a venue."""

    scope: BreakerScope
    scope_id: str
    user_id: UUID | None
    environment: str
    reading: Reading
    by_platform: bool = True
    flatten: bool = False
    alert_only: bool = False
    market_time: datetime | None = None
    window: WindowLength | None = None

    @property
    def key(self) -> tuple[BreakerScope, str, str, BreakerCause]:
        """What its state is stored under."""
        return (self.scope, self.scope_id, self.environment, self.reading.cause)

    @property
    def wallet_id(self) -> UUID | None:
        """The wallet that it is about; None for every other scope."""
        return UUID(self.scope_id) if self.scope is BreakerScope.WALLET else None

    @property
    def sentence(self) -> str:
        """What was reached, in words."""
        held = self.reading
        name = held.cause.value.replace("_", " ")
        if held.cause is BreakerCause.DRIFT and self.scope is BreakerScope.WALLET:
            return "Our books and the venue differ; entries wait until they agree again."
        unit = _UNITS.get(held.cause)
        if unit is None:
            return _loss_sentence(name.capitalize(), held)
        return f"{held.value.normalize():f} {unit} reached the limit of {held.limit.normalize():f}."


def _loss_sentence(name: str, held: Reading) -> str:
    """An amount against its limit. A window that tripped stays tripped: the loss may be smaller again by now."""
    cents = Decimal("0.01")
    value, limit = max(held.value, Decimal(0)).quantize(cents), held.limit.quantize(cents)
    if held.value < held.limit:
        return f"{name} reached the limit of {limit:f} USD, and is {value:f} USD by now."
    return f"{name} of {value:f} USD reached the limit of {limit:f} USD."


def limit_trips(row: NearLimit) -> Iterator[Trip]:
    """Losses, drawdown and losses in a row of one user or wallet: its own limits and the platform's."""
    for limits, by_platform in ((row.above, True), (row.own, False)):
        if limits is None:
            continue
        for place, length in enumerate(WindowLength):
            reading = _loss(row, length, limits[2 * place], limits[2 * place + 1])
            if reading is not None and reading.reached:
                yield _of_row(row, reading, by_platform=by_platform, window=length)
        streak = None if limits[7] is None else int(limits[7])
        for reading in (
            drawdown_reading(row.peak_equity, row.equity, _fraction(limits[6])),
            count_reading(BreakerCause.CONSECUTIVE_LOSSES, row.consecutive_losses, streak),
        ):
            if reading is not None and reading.reached:
                yield _of_row(row, reading, by_platform=by_platform)


def _loss(
    row: NearLimit, length: WindowLength, usd: Decimal | None, percent: Decimal | None
) -> Reading | None:
    start, deposits, withdrawals, tripped = row.windows[length.value]
    if start is None or row.equity is None:
        return None
    window = LossWindow(start, deposits or Decimal(0), withdrawals or Decimal(0), bool(tripped))
    return loss_reading(
        length,
        window,
        row.equity,
        max_loss_usd=usd,
        max_loss_fraction=_fraction(percent),
        resets_at=window_bounds(row.market_time, length, row.time_zone).end,
    )


def _of_row(
    row: NearLimit, reading: Reading, *, by_platform: bool, window: WindowLength | None = None
) -> Trip:
    scope = BreakerScope.USER if row.wallet_id is None else BreakerScope.WALLET
    return Trip(
        scope,
        str(row.wallet_id or row.user_id),
        row.user_id,
        row.environment,
        reading,
        by_platform=by_platform,
        flatten=row.flatten,
        alert_only=not (row.auto_breakers or by_platform),
        market_time=row.market_time,
        window=window,
    )


def pace_trips(paces: Sequence[OrderPace], terms: BreakerTerms) -> Iterator[Trip]:
    """Order rates, refusals and slippage, by wallet, user, venue and platform."""
    users: dict[tuple[UUID, str], int] = defaultdict(int)
    venues: dict[str, list[OrderPace]] = defaultdict(list)
    for pace in paces:
        users[pace.user_id, pace.environment] += pace.last_minute
        venues[pace.venue].append(pace)
        for reading in (_refused([pace], terms), slippage_reading(pace.slippages, terms)):
            yield from _reached(
                BreakerScope.WALLET, str(pace.wallet_id), reading, pace.user_id, pace.environment
            )
    for (user_id, environment), count in users.items():
        rate = count_reading(BreakerCause.ORDER_RATE, count, terms.max_user_orders_per_minute)
        yield from _reached(BreakerScope.USER, str(user_id), rate, user_id, environment)
    for venue, held in venues.items():
        if len(held) < terms.least_troubled:
            continue  # one account's trouble is its own
        slippages = [bps for pace in held for bps in pace.slippages]
        for reading in (_refused(held, terms), slippage_reading(slippages, terms)):
            yield from _reached(BreakerScope.VENUE, venue, reading)
    total = sum(pace.last_minute for pace in paces)
    rate = count_reading(BreakerCause.ORDER_RATE, total, terms.max_platform_orders_per_minute)
    yield from _reached(BreakerScope.PLATFORM, PLATFORM_ID, rate)


def trouble_trips(
    troubles: Sequence[Trouble], accounts: Mapping[str, int], now: datetime, terms: BreakerTerms
) -> Iterator[Trip]:
    """Accounts whose books differ or that hold a position without a stop; a venue where many do."""
    by_venue: dict[tuple[str, str], int] = defaultdict(int)
    for one in troubles:
        by_venue[one.venue, one.cause] += 1
        if one.since is None:
            reading: Reading | None = count_reading(BreakerCause.DRIFT, 1, 1)
        else:
            reading = seconds_reading(BreakerCause.NAKED_TIME, now - one.since, terms.max_naked)
        yield from _reached(BreakerScope.WALLET, str(one.wallet_id), reading, one.user_id, one.environment)
    for (venue, cause), count in by_venue.items():
        shared = troubled_reading(BreakerCause(cause), count, accounts.get(venue, count), terms)
        yield from _reached(BreakerScope.VENUE, venue, shared)


def venue_trips(
    venue: str,
    *,
    failures: int,
    offset_seconds: float | None,
    price_age_seconds: float | None,
    terms: BreakerTerms,
) -> Iterator[Trip]:
    """A venue that does not answer, whose clock is not ours, or whose prices are old (None: nobody holds one)."""
    readings = [count_reading(BreakerCause.VENUE_ERRORS, failures, terms.max_failed_probes)]
    for cause, seconds, limit in (
        (BreakerCause.CLOCK, offset_seconds, terms.max_clock_offset),
        (BreakerCause.STALE_PRICES, price_age_seconds, terms.max_price_age),
    ):
        if seconds is not None:
            held = Decimal(str(round(abs(seconds), 3)))
            most = Decimal(str(limit.total_seconds()))
            readings.append(Reading(cause, held, most, held >= most))
    for reading in readings:
        yield from _reached(BreakerScope.VENUE, venue, reading)


def _refused(held: Sequence[OrderPace], terms: BreakerTerms) -> Reading | None:
    return share_reading(
        BreakerCause.REJECT_RATE,
        sum(pace.refused for pace in held),
        sum(pace.sent for pace in held),
        max_share=terms.max_reject_share,
        least=terms.least_orders,
    )


def _reached(
    scope: BreakerScope,
    scope_id: str,
    reading: Reading | None,
    user_id: UUID | None = None,
    environment: str = EVERY_ENVIRONMENT,
) -> Iterator[Trip]:
    if reading is not None and reading.reached:
        yield Trip(scope, scope_id, user_id, environment, reading)


def _fraction(percent: Decimal | None) -> Decimal | None:
    return None if percent is None else percent / _HUNDRED
