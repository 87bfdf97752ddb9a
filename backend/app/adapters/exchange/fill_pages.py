"""The trades of an account, page by page."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial

from app.adapters.exchange import dialect
from app.adapters.exchange.fee_worth import dollars_of
from app.adapters.exchange.reading import Answer, every
from app.domain.venue import VenueFill

Ask = Callable[[dict[str, object]], Awaitable[Answer]]


async def every_fill(
    ask: Ask, premium: Callable[[str], Awaitable[dialect.Row]], wanted: Mapping[str, object], page: int
) -> Sequence[VenueFill]:
    """Return the fills that `ask` tells, at most `page` at a time, oldest first: all from `fromId` on where one is
    wanted, else the newest page."""
    params, found = {**wanted, "limit": page}, dict[str, VenueFill]()
    while True:
        rows = await ask(params)
        coins = every(rows, lambda row: str(row["commissionAsset"]))
        fills = every(rows, partial(dialect.fill, dollars=await dollars_of(set(coins), premium)))
        found |= {fill.venue_trade_id: fill for fill in fills}
        if len(fills) < page or "fromId" not in params:
            return sorted(found.values(), key=lambda fill: int(fill.venue_trade_id))
        params["fromId"] = max(int(fill.venue_trade_id) for fill in fills) + 1
