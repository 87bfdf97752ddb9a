"""What happened on an account, page by page: its trades, and what was posted to its ledger."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial

from app.adapters.exchange import dialect
from app.adapters.exchange.fee_worth import dollars_of
from app.adapters.exchange.reading import Answer, every
from app.domain.venue import LedgerEntry, VenueFill, VenueUnavailableError

Ask = Callable[[dict[str, object]], Awaitable[Answer]]


async def every_fill(
    ask: Ask, premium: Callable[[str], Awaitable[dialect.Row]], wanted: Mapping[str, object], page: int
) -> Sequence[VenueFill]:
    """Return the fills that `ask` tells, at most `page` at a time, oldest first: all from `fromId` on where one is
    wanted, all of the order that `orderId` names, else the newest page."""
    params, found = {**wanted, "limit": page}, dict[str, VenueFill]()
    while True:
        rows = await ask(params)
        coins = every(rows, lambda row: str(row["commissionAsset"]))
        fills = every(rows, partial(dialect.fill, dollars=await dollars_of(set(coins), premium)))
        found |= {fill.venue_trade_id: fill for fill in fills}
        if len(fills) < page or not params.keys() & {"fromId", "orderId"}:
            break
        # One page of an order is its newest: where it has more, they are read from its first on.
        newest = max(int(fill.venue_trade_id) for fill in fills)
        params["fromId"] = newest + 1 if "fromId" in params else 0
    order_id = wanted.get("orderId")  # a venue might leave one of the two names unheeded
    kept = [fill for fill in found.values() if order_id in (None, fill.exchange_order_id)]
    return sorted(kept, key=lambda fill: int(fill.venue_trade_id))


async def every_posting(ask: Ask, wanted: Mapping[str, object], page: int) -> Sequence[LedgerEntry]:
    """Return the ledger's entries from `startTime` on, oldest first. An order that met many others has more postings in
    one millisecond than a page holds: these are turned over by number."""
    params, found, number = {**wanted}, dict[tuple[str, str], LedgerEntry](), 1
    before: Answer = None
    while True:
        rows = await ask(params)
        if number > 1 and rows == before:
            raise VenueUnavailableError(f"more than {page} postings of one moment cannot be paged")
        before = rows
        for entry in filter(None, every(rows, dialect.ledger_entry)):
            found[entry.kind, entry.reference] = entry
        if len(rows) < page:
            return sorted(found.values(), key=lambda entry: entry.occurred_at)
        newest = max(every(rows, lambda row: int(str(row["time"]))))
        if newest > int(str(params["startTime"])):
            params, number = {**wanted, "startTime": newest}, 1
        else:
            number += 1
            params["page"] = number
