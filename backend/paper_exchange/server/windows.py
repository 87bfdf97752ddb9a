"""The time windows in which the venue lets orders and fills be looked up."""

from __future__ import annotations

from paper_exchange.engine.refusals import Refusal, VenueError
from paper_exchange.journal.history import Range
from paper_exchange.server.parameters import Parameters
from paper_exchange.server.routing import Call

DAY_MS = 24 * 3_600_000
MOST_ROWS = 1_000
LONGEST_DAYS = 7


def window(parameters: Parameters, now: int) -> tuple[int, int]:
    """First and last millisecond (market time) asked for: at most seven days, by default the last seven."""
    start, end = parameters.integer("startTime"), parameters.integer("endTime")
    longest = LONGEST_DAYS * DAY_MS
    if start is None:
        end = now if end is None else end
        return end - longest, end
    if end is None:
        return start, start + longest
    if start > end:
        raise VenueError(Refusal.START_AFTER_END)
    if end - start > longest:
        raise VenueError(Refusal.INTERVAL_TOO_LONG, LONGEST_DAYS)
    return start, end


def any_span(parameters: Parameters) -> tuple[int | None, int | None]:
    """First and last millisecond of listings that may reach back as far as they like; None = open."""
    start, end = parameters.integer("startTime"), parameters.integer("endTime")
    if start is not None and end is not None and start > end:
        raise VenueError(Refusal.START_AFTER_END)
    return start, end


def rows_wanted(
    call: Call, symbol: str | None, from_id: int | None = None, order_id: int | None = None
) -> Range:
    """What a listing asks for: from a number on, or a window, or all that belongs to one order.

    Of more rows than `limit` the oldest count when a start was named, else the newest.
    """
    parameters = call.parameters
    is_timed = parameters.integer("startTime") is not None or parameters.integer("endTime") is not None
    start_ms, end_ms = (None, None)
    if is_timed or (from_id is None and order_id is None):
        start_ms, end_ms = window(parameters, call.now)
    return Range(
        account=call.account.id,
        symbol=symbol,
        start_ms=start_ms,
        end_ms=end_ms,
        from_id=from_id,
        order_id=order_id,
        limit=parameters.limit(500, MOST_ROWS),
        oldest_first=from_id is not None or parameters.integer("startTime") is not None,
    )
