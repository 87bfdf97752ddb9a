"""The next funding among the facts of an entry, where somebody's schedule depends on it."""

from app.repositories.gate_rows import GateRows
from app.services.trading.markets import MarketView
from app.services.trading.proposals import SignalMarket
from app.services.trading.scheduled_hours import skips_fundings


def needs_funding(rows: GateRows) -> bool:
    """Whether any of these users has a schedule that depends on the next funding."""
    return any(skips_fundings(user.schedules) for user in rows.users)


async def with_funding(markets: MarketView, market: SignalMarket) -> SignalMarket:
    """Return the market with its next funding, None where the venue does not tell."""
    market_ms = int(market.market_time.timestamp() * 1000)
    funding = await markets.next_funding(market.signal.venue, market.signal.symbol, market_ms)
    return market.with_funding(funding)
